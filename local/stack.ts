import { hostLimits } from '../lib/admission/hostLimits.ts'
import { randomBytes, randomUUID } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { anchorsFileOf, anchorStore } from '../lib/authority/trusted/anchorStore.ts'
import type { Deployment, LocalDeployment } from '../lib/deployment/deployment.ts'
import type { Ceremony } from '../lib/authority/change/changeAuthority.ts'
import { prepareTables } from '../lib/deployment/openDeploymentTables.ts'
import { openKeys } from '../lib/deployment/openKeys.ts'
import { openTables } from '../lib/store/openTables.ts'
import type { Tables } from '../lib/store/tables.ts'
import { azuriteConnectionString, startAzurite } from './azurite.ts'
import { demoRecords } from './demoDevice.ts'
import { demoOwners } from './demoTenants.ts'
import { makeDemoTenant } from './makeDemoTenant.ts'
import { installFunctionsCore, type Log } from './functionsCore.ts'
import { startFunctionsHost } from './functionsHost.ts'
import { type LoadedFunction, loadFunctions } from './loadFunctions.ts'
import { lockFolder } from './lockFolder.ts'
import type { LocalOptions } from './localOptions.ts'
import { freePort, isFree } from './freePort.ts'
import { readOrMake, writePrivateFile } from './writePrivateFile.ts'
import { type DemoDirectory, startGraph } from './startGraph.ts'
import { startStandIn } from './startStandIn.ts'
import { startTimers } from './timers.ts'
import { localServerIdentity } from './serverIdentity.ts'
import { demoClient } from './signAccessToken.ts'
import { startTokenIssuer } from './tokenIssuer.ts'

/** Everything that `npm start` runs. */
export interface Stack {
  readonly deployment: LocalDeployment
  readonly functions: readonly LoadedFunction[]
  readonly tablesPort: number
  /** Where the stand-in for Key Vault is, if there is one. */
  readonly vaultUrl: string | undefined
  readonly directory: Pick<DemoDirectory, 'url' | 'recordsFile'>
  /** Whether the demo tenant's authority was made by this start. */
  readonly isNew: boolean
  /** Resolves when Azurite ended by itself. */
  readonly azuriteEnded: Promise<void>
}

/** Registers how to stop what was just started; what was started last is stopped first. */
export type OnStop = (stop: () => Promise<void>) => void

/** The stand-in for Key Vault takes the port after these, at its first start. */
const choosePorts = async (port: number) => {
  if (port === 0) return { service: 0, 'token issuer': 0, tables: await freePort() }
  const ports = { service: port, 'token issuer': port + 1, tables: port + 2 }
  for (const [name, wanted] of Object.entries(ports)) {
    if (await isFree(wanted)) continue
    throw new Error(
      `Cannot start: port ${wanted}, for the ${name}, is taken by another process. ` +
        `Stop that one, or choose other ports: npm start -- --port ${port + 100}`,
    )
  }
  return ports
}

/** Opens Azurite, and creates the tables that are needed before the functions run. */
const openStore = async (port: number, folder: string, onStop: OnStop) => {
  const key = await readOrMake(join(folder, 'tables.key'), () => randomBytes(64).toString('base64'))
  const account = { name: 'mayflylocal', key }
  const azurite = await startAzurite({ port, folder: join(folder, 'azurite'), accounts: [account] })
  onStop(() => azurite.stop())
  const connectionString = azuriteConnectionString(port, account)
  const tables = openTables({ kind: 'connectionString', connectionString })
  await prepareTables(tables, new Date())
  return { tables, connectionString, ended: azurite.ended }
}

/** The URL under which this machine reaches a host that listens on every address. */
const reachable = (url: string): string =>
  url.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:')

interface ServiceOptions {
  readonly options: LocalOptions
  readonly port: number
  /** The environment of the function app. */
  readonly settings: Readonly<Record<string, string>>
  readonly log: Log
}

const startService = async ({ options, port, settings, log }: ServiceOptions, onStop: OnStop) => {
  Object.assign(process.env, settings)
  const { registry } = installFunctionsCore({ log })
  onStop(() => registry.terminate())
  const functions = await loadFunctions(registry, new URL('../functions/main.ts', import.meta.url))
  const tls = options.tls && (await localServerIdentity(join(options.folder, 'tls'), options.host))
  const listening = { registry, host: options.host, port, bodyLimitBytes: hostLimits.bodyOctets, log }
  const host = await startFunctionsHost({ ...listening, ...(tls ? { tls } : {}) })
  onStop(() => host.close())
  const timers = startTimers(registry, log)
  onStop(() => timers.close())
  await timers.started
  const service = { url: reachable(host.url), ...(tls ? { caFile: tls.caFile } : {}) }
  return { functions, service }
}

const ceremonyOf = (tables: Tables, keys: Deployment['keys']): Ceremony => ({
  tables,
  rootKeys: openKeys({ keys }, { kind: 'root' }),
  issuerKeys: openKeys({ keys }, { kind: 'issuer' }),
  actor: { kind: 'local', name: 'npm start' },
  now: new Date(),
  reason: '',
  random: (octets) => randomBytes(octets),
  uuid: randomUUID,
})

/**
 * Starts Azurite, the demo's token issuer and the functions host, makes the demo tenant, and writes the deployment
 * file for the CLI.
 * @throws {Error} what keeps it from starting, such as a taken port.
 */
export const startStack = async (options: LocalOptions, log: Log, onStop: OnStop): Promise<Stack> => {
  const { folder } = options
  await mkdir(folder, { recursive: true, mode: 0o700 })
  onStop(await lockFolder(folder))
  const ports = await choosePorts(options.port)
  const store = await openStore(ports.tables, folder, onStop)
  const clientSecret = await readOrMake(join(folder, 'token-issuer.secret'), () =>
    randomBytes(24).toString('base64url'),
  )
  const keyFile = join(folder, 'token-issuer.pem')
  const issuer = await startTokenIssuer({ port: ports['token issuer'], keyFile, clientSecret })
  onStop(() => issuer.close())
  const standIn = await startStandIn({ ...options, port: options.port && options.port + 3 })
  if (standIn) onStop(() => standIn.stop())
  const directory = await startGraph({ folder, records: demoRecords(demoOwners) })
  onStop(() => directory.stop())
  const keyFolder = join(folder, 'keys')
  const vault = options.keys === 'keyvault' ? standIn?.vault : undefined
  const keys = { folder: keyFolder, ...(vault ? { vault } : {}) }
  const { tables, connectionString } = store
  const deploymentFile = join(folder, 'local.json')
  const trust = { store: anchorStore(anchorsFileOf(deploymentFile)), anchors: [] }
  const isNew = await makeDemoTenant(ceremonyOf(tables, keys), {
    issuerUrl: issuer.url,
    directoryId: directory.directoryId,
    trust,
  })
  const settings = {
    MAYFLY_ROLE: 'all',
    MAYFLY_TABLES_CONNECTION_STRING: connectionString,
    MAYFLY_KEY_FOLDER: keyFolder,
    MAYFLY_ALLOW_LOOPBACK_HTTP: 'true',
    MAYFLY_CLIENT_IP: 'x-forwarded-for',
    ...standIn?.settings,
    ...directory.settings,
  }
  const { functions, service } = await startService({ options, port: ports.service, settings, log }, onStop)
  const tokenIssuer = { url: issuer.url, clientId: demoClient, clientSecret }
  const { directoryId } = directory
  const deployment: LocalDeployment = {
    service,
    tables: { connectionString },
    keys,
    directoryId,
    tokenIssuer,
  }
  await writePrivateFile(deploymentFile, `${JSON.stringify(deployment, null, 2)}\n`)
  const where = {
    tablesPort: ports.tables,
    vaultUrl: standIn?.url,
    directory,
    azuriteEnded: store.ended,
  }
  return { deployment, functions, isNew, ...where }
}
