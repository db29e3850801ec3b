import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { SettingFault } from './errors/settingFault.ts'
import { signersByScheme } from './keys/signersByScheme.ts'
import {
  type Credential,
  fixedCredential,
  type KeyVaultAccess,
  lazyCredential,
} from './keys/keyVaultAccess.ts'
import { keyVaultSigners } from './keys/keyVaultSigners.ts'
import type { SignerSource } from './keys/signer.ts'
import { housekeepingRun, type KeepHouse } from './ledger/days/housekeeping.ts'
import {
  defaultRetentionDays,
  leastTimerRetentionDays,
  parseRetentionDays,
  retentionDaysForm,
} from './ledger/days/retention.ts'
import { defaultRequestSeconds, type RequestTimes, requestTimes } from './deadline/requestTimes.ts'
import type { Directory } from './directory/directory.ts'
import { graphOrigins } from './directory/graphOrigins.ts'
import type { GraphAccess } from './directory/graphReader.ts'
import type { CountryOf } from './policy/countryOf.ts'
import { splitTables } from './store/splitTables.ts'
import { openTables, type TablesOptions } from './store/openTables.ts'
import { isConnectionString, type TablesLocation } from './store/tableClients.ts'
import type { Tables } from './store/tables.ts'
import { formatDirectoryFailure } from './telemetry/directoryFailure.ts'
import { telemetryFrom } from './telemetry/telemetry.ts'
import { parseUuid } from './text/parseUuid.ts'
import { authoritiesPem } from './x509/decodeCertificates.ts'
import type { Parts } from './app.ts'

/** Settings by name, as `process.env` gives them. */
export type Settings = Readonly<Record<string, string | undefined>>

const managedIdentity = async (environment: Settings): Promise<Credential> => {
  // Loaded only where it is used: it is larger than the rest of the app.
  const { ManagedIdentityCredential } = await import('@azure/identity')
  const clientId = environment['AZURE_CLIENT_ID']
  return new ManagedIdentityCredential(clientId ? { clientId } : {})
}

/** The identity is told to whoever answers, so only https will do. */
const tablesEndpoint = async (environment: Settings, setting: string): Promise<TablesLocation> => {
  const endpoint = environment[setting] ?? ''
  if (URL.parse(endpoint)?.protocol !== 'https:')
    throw new SettingFault(setting, 'to https://ACCOUNT.table.core.windows.net')
  return { kind: 'endpoint', endpoint, credential: await managedIdentity(environment) }
}

const tablesLocation = async (environment: Settings): Promise<TablesLocation> => {
  const setting = 'MAYFLY_TABLES_CONNECTION_STRING'
  const connectionString = environment[setting]
  if (!connectionString) return tablesEndpoint(environment, 'MAYFLY_TABLES_ENDPOINT')
  if (!isConnectionString(connectionString))
    throw new SettingFault(setting, 'to the connection string of a storage account')
  return { kind: 'connectionString', connectionString }
}

/** Ledger and refusals have an account of their own where the settings name it. */
const tablesFrom = async (environment: Settings, options: TablesOptions = {}): Promise<Tables> => {
  const configuration = openTables(await tablesLocation(environment), options)
  const setting = 'MAYFLY_RECORDS_ENDPOINT'
  if (!environment[setting]) return configuration
  const records = openTables(await tablesEndpoint(environment, setting), options)
  return splitTables({ configuration, records })
}

/** Azure's vaults by the managed identity, or a stand-in on one machine by its token. */
const keyVaultAccess = async (environment: Settings): Promise<KeyVaultAccess> => {
  const host = environment['MAYFLY_KEY_VAULT_HOST']
  if (!host) return { credential: lazyCredential(() => managedIdentity(environment)) }
  if (!/^[a-z0-9.[\]:-]+$/i.test(host) || !URL.canParse(`https://${host}`))
    throw new SettingFault('MAYFLY_KEY_VAULT_HOST', 'to host:port')
  const token = environment['MAYFLY_KEY_VAULT_TOKEN']
  if (!token) throw new SettingFault('MAYFLY_KEY_VAULT_TOKEN', 'beside MAYFLY_KEY_VAULT_HOST')
  return { credential: fixedCredential(token), host, ca: await readAuthority(environment) }
}

const readAuthority = async (environment: Settings): Promise<string> => {
  const setting = 'MAYFLY_KEY_VAULT_CA_FILE'
  const octets = readFile(environment[setting] ?? '')
  return octets.then(authoritiesPem).catch((cause: unknown) => {
    throw new SettingFault(
      setting,
      'to a file of certificates that can be read, beside MAYFLY_KEY_VAULT_HOST',
      {
        cause,
      },
    )
  })
}

/** A stand-in for Graph on this machine: its token crosses no network. */
const standInGraph = (host: string, token: string | undefined): GraphAccess => {
  if (!/^(?:127\.0\.0\.1|\[::1\]|localhost):\d{1,5}$/.test(host))
    throw new SettingFault('MAYFLY_GRAPH_HOST', 'to host:port of this machine')
  if (!token) throw new SettingFault('MAYFLY_GRAPH_TOKEN', 'beside MAYFLY_GRAPH_HOST')
  return { credential: fixedCredential(token), origin: `http://${host}` }
}

/** Microsoft Graph by the managed identity, or a stand-in on one machine by its token. */
const graphAccess = (environment: Settings): GraphAccess => {
  const host = environment['MAYFLY_GRAPH_HOST']
  if (host) return standInGraph(host, environment['MAYFLY_GRAPH_TOKEN'])
  const known = Object.values(graphOrigins)
  const origin = environment['MAYFLY_GRAPH_ORIGIN'] || 'https://graph.microsoft.com'
  if (!known.includes(origin)) throw new SettingFault('MAYFLY_GRAPH_ORIGIN', `to one of ${known.join(', ')}`)
  return { credential: lazyCredential(() => managedIdentity(environment)), origin }
}

const report = (line: string): void => void process.stderr.write(`${line}\n`)

/** Loaded only where a directory is named: nothing is asked before the first device is looked up. */
const directoryFrom = async (environment: Settings, times: RequestTimes): Promise<Directory | undefined> => {
  const setting = 'MAYFLY_DIRECTORY_ID'
  const directoryId = parseUuid(environment[setting] ?? '')
  if (!environment[setting]) return undefined
  if (directoryId === undefined) throw new SettingFault(setting, 'to the id of an Entra tenant, a UUID')
  const { openDirectory } = await import('./directory/openDirectory.ts')
  return openDirectory({
    ...graphAccess(environment),
    directoryId,
    times,
    now: () => new Date(),
    clock: () => performance.now(),
    onFailure: (cause) => report(formatDirectoryFailure({ part: cause.part, cause })),
  })
}

/** Each key is opened where its reference says that it is: nothing is asked before the first signature. */
const signerSourceFrom = async (environment: Settings): Promise<SignerSource> => {
  const keyFolder = environment['MAYFLY_KEY_FOLDER']
  return signersByScheme({
    // Loaded only where it is used: keys in files are for one machine, and the package for Azure is without it.
    'local:': keyFolder ? (await import('./keys/localKeys.ts')).localKeys(keyFolder) : undefined,
    'https:': keyVaultSigners(await keyVaultAccess(environment)),
  })
}

const requestSecondsFrom = (environment: Settings): number => {
  const text = environment['MAYFLY_REQUEST_SECONDS'] || String(defaultRequestSeconds)
  const seconds = Number(text)
  if (/^\d{1,2}$/.test(text) && seconds >= 1 && seconds <= 60) return seconds
  throw new SettingFault('MAYFLY_REQUEST_SECONDS', 'to a whole number from 1 to 60')
}

/** Whether X-Forwarded-For tells the client's address: a guess of the platform's would let clients choose theirs. */
const isForwardedFrom = (environment: Settings): boolean => {
  const header = environment['MAYFLY_CLIENT_IP'] || undefined
  if (header !== undefined && header !== 'x-forwarded-for')
    throw new SettingFault('MAYFLY_CLIENT_IP', 'to x-forwarded-for, or not at all')
  return header !== undefined
}

/** Loaded only where a database is: most deployments have none. */
const countriesFrom = async (environment: Settings): Promise<CountryOf | undefined> => {
  const setting = 'MAYFLY_COUNTRIES_FILE'
  const file = environment[setting]
  if (!file) return undefined
  const { openCountries } = await import('./policy/countryOf.ts')
  return openCountries(file).catch((cause: unknown) => {
    throw new SettingFault(setting, "to a database of countries in MaxMind's format", { cause })
  })
}

const roles = ['enroll', 'housekeeping', 'all'] as const

/** Which functions an instance registers: those over HTTP, the timer, or both. */
export type Role = (typeof roles)[number]

/** Reads `MAYFLY_ROLE`; `enroll` when it is not set, because that identity may delete nothing; undefined for none of them. */
export const roleFrom = (environment: Settings = process.env): Role | undefined =>
  roles.find((role) => role === (environment['MAYFLY_ROLE'] || 'enroll'))

/**
 * Reads the parts from the settings of the function app, which the README lists.
 * @throws {SettingFault} for the first that is missing or wrong.
 */
export const partsFrom = async (environment: Settings = process.env): Promise<Parts> => {
  if (!roleFrom(environment)) throw new SettingFault('MAYFLY_ROLE', `to one of ${roles.join(', ')}`)
  const times = requestTimes(requestSecondsFrom(environment))
  const { tablesMilliseconds: timeoutMilliseconds } = times
  return {
    times,
    tables: await tablesFrom(environment, { timeoutMilliseconds }),
    signerSource: await signerSourceFrom(environment),
    allowLoopbackHttp: environment['MAYFLY_ALLOW_LOOPBACK_HTTP'] === 'true',
    countryOf: await countriesFrom(environment),
    directory: await directoryFrom(environment, times),
    isForwarded: isForwardedFrom(environment),
    now: () => new Date(),
    telemetry: await telemetryFrom(environment, {
      credential: lazyCredential(() => managedIdentity(environment)),
      instance: environment['WEBSITE_INSTANCE_ID'] ?? randomUUID(),
      now: () => performance.now(),
      report,
    }),
  }
}

const retentionDaysFrom = (environment: Settings): number => {
  const text = environment['MAYFLY_RETENTION_DAYS']
  if (!text) return defaultRetentionDays
  const days = parseRetentionDays(text, leastTimerRetentionDays)
  if (days !== undefined) return days
  throw new SettingFault('MAYFLY_RETENTION_DAYS', `to ${retentionDaysForm(leastTimerRetentionDays)}`)
}

/**
 * Makes the housekeeper from the settings: it needs the tables alone, and no key.
 * @throws {SettingFault} for the first that is missing or wrong.
 */
export const housekeeperFrom = async (environment: Settings = process.env): Promise<KeepHouse> =>
  housekeepingRun({
    retentionDays: retentionDaysFrom(environment),
    tables: await tablesFrom(environment),
    now: () => new Date(),
    milliseconds: () => performance.now(),
  })
