import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { configDefaults, defineConfig } from 'vitest/config'

/** Need a process of their own: they replace modules, or register functions with the process. */
const alone = [
  'test/cli/doctor/{doctor,doctorTenant}.test.ts',
  'test/cli/client/{credentialStoreOf,keyOptions}.test.ts',
  'test/client/{callService,fetchTrust,trustFolder}.test.ts',
  'test/client/agent/trustCrash.test.ts',
  'test/client/store/{keychainStore,killedStore}.test.ts',
  'test/e2e/{agent*,deviceEvidence*,doctor,encodings,generatedClient,policySets,service,storm,tokenTransport,trust}.test.ts',
  'test/functions/**/*.test.ts',
  'test/lib/http/steps.properties.test.ts',
  'test/lib/x509/keyAndTextSteps.properties.test.ts',
  'test/local/{functionsHost,timers}.test.ts',
]

/**
 * Have the tables of Azurite, one for all of them: they are about those, or start programs that use them. All others have
 * tables in memory. Of those that register functions, one can be among them.
 */
const withAzurite = [
  'test/{commands,operations}.test.ts',
  'test/cli/{mayfly,network,wrongClock}.test.ts',
  'test/cli/ledger/{ledgerProgram,ledgerReconcile}.test.ts',
  'test/e2e/{canaries,faults,flood,start}.test.ts',
  'test/lib/authority/storedBundle.test.ts',
  'test/lib/authority/change/killedProcess.test.ts',
  'test/lib/store/openTables.test.ts',
  'test/lib/terminal/writeResult.test.ts',
  'test/soak/**/*.test.ts',
]

const exclude = [...configDefaults.exclude, 'test/vpn/**', 'test/executables/**']

export default defineConfig({
  test: {
    setupFiles: ['test/toRefuse.ts', 'test/fastCheck.ts'],
    pool: 'forks',
    // Of itself it leaves one processor idle, and many tests wait for programs that they start.
    maxWorkers: Math.max(2, availableParallelism()),
    // Programs that tests start load in half the time, when they have been loaded once.
    env: {
      NODE_COMPILE_CACHE: fileURLToPath(new URL('node_modules/.cache/compiled', import.meta.url)),
    },
    // They end what hangs: nothing is right that is quick, and beside others a program starts ten times slower.
    testTimeout: 180_000,
    hookTimeout: 300_000,
    // Loads the sources once a worker, and not once a file, where that can be.
    isolate: false,
    projects: [
      {
        extends: true,
        test: {
          name: 'units',
          include: ['test/**/*.test.ts'],
          exclude: [...exclude, ...alone, ...withAzurite],
        },
      },
      {
        extends: true,
        test: { name: 'azurite', include: withAzurite, exclude, globalSetup: ['test/azuriteSetup.ts'] },
      },
      { extends: true, test: { name: 'alone', include: alone, exclude, isolate: true } },
    ],
  },
})
