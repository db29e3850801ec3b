import { fileURLToPath } from 'node:url'
import { configDefaults, defineConfig } from 'vitest/config'

/**
 * Need a process of their own, or Azurite: they replace modules, register functions with the process, start programs, or
 * are about the tables of Azure. All others have tables in memory.
 */
const alone = [
  'test/*.test.ts',
  'test/{bench,e2e,functions,local,soak,tools}/**/*.test.ts',
  'test/client/{callService,fetchTrust,trustFolder}.test.ts',
  'test/cli/{mayfly,network,wrongClock}.test.ts',
  'test/cli/doctor/*.test.ts',
  'test/cli/ledger/{ledgerProgram,ledgerReconcile}.test.ts',
  'test/lib/authority/storedBundle.test.ts',
  'test/lib/authority/change/killedProcess.test.ts',
  'test/lib/http/steps.properties.test.ts',
  'test/lib/store/openTables.test.ts',
  'test/lib/terminal/*.test.ts',
  'test/lib/x509/keyAndTextSteps.properties.test.ts',
]

const exclude = [...configDefaults.exclude, 'test/vpn/**']

export default defineConfig({
  test: {
    setupFiles: ['test/toRefuse.ts', 'test/fastCheck.ts'],
    pool: 'forks',
    // Programs that tests start load in half the time, when they have been loaded once.
    env: {
      NODE_COMPILE_CACHE: fileURLToPath(new URL('node_modules/.cache/compiled', import.meta.url)),
    },
    testTimeout: 30_000,
    hookTimeout: 60_000,
    projects: [
      // Loads the sources once a worker, and not once a file.
      {
        extends: true,
        test: {
          name: 'units',
          include: ['test/**/*.test.ts'],
          exclude: [...exclude, ...alone],
          isolate: false,
        },
      },
      {
        extends: true,
        // One Azurite for all of them.
        test: { name: 'alone', include: alone, exclude, globalSetup: ['test/azuriteSetup.ts'] },
      },
    ],
  },
})
