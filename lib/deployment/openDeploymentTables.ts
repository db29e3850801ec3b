import { type Credential, fixedCredential } from '../keys/keyVaultAccess.ts'
import { splitTables } from '../store/splitTables.ts'
import { openTables, type TablesOptions } from '../store/openTables.ts'
import type { TablesLocation } from '../store/tableClients.ts'
import type { Deployment } from './deployment.ts'
import { developerCredential } from './developerCredential.ts'
import { checkingClock, type TablesClock } from './tablesClock.ts'
import { readAuthorities } from '../files/readInput.ts'
import { relyingPartiesTable } from '../authority/adopt/parties.ts'
import { dailyTablesAhead } from '../ledger/record/ledgerKey.ts'
import { housekeepingDaysAhead } from '../ledger/days/retention.ts'
import type { Tables } from '../store/tables.ts'

/** The first call waits for the credential of a developer, which takes its time: as long as vaults are waited for. */
const timeoutMilliseconds = 30_000

type AzurePlace = Extract<Deployment['tables'], { readonly endpoint: string }>

const credentialOf = ({ standIn }: AzurePlace): Credential =>
  standIn ? fixedCredential(standIn.token) : developerCredential

/** Gives the sign-in that tables are opened with; undefined for an account key, which is nobody's. */
export const tablesCredential = (place: Deployment['tables']): Credential | undefined =>
  'connectionString' in place ? undefined : credentialOf(place)

const openEndpoint = (endpoint: string, place: AzurePlace, options: TablesOptions): Tables => {
  const credential = credentialOf(place)
  const ca = place.standIn ? { ca: readAuthorities(place.standIn.caFile) } : {}
  const location: TablesLocation = { kind: 'endpoint', endpoint, credential, ...ca }
  return openTables(location, { ...options, timeoutMilliseconds })
}

const openPlaces = (tables: Deployment['tables'], options: TablesOptions): Tables => {
  if ('connectionString' in tables) return openTables({ kind: 'connectionString', ...tables }, options)
  const configuration = openEndpoint(tables.endpoint, tables, options)
  const { recordsEndpoint } = tables
  if (recordsEndpoint === undefined) return configuration
  return splitTables({ configuration, records: openEndpoint(recordsEndpoint, tables, options) })
}

/**
 * Opens the tables of a deployment: with its account key on one machine, with the administrator's own sign-in in Azure.
 * @param clock refuses what would change them while it differs from theirs.
 * @throws {Refusal} `usage-wrong` or `certificate-malformed` when the file of a stand-in's authority cannot be read.
 */
export const openDeploymentTables = ({ tables }: Pick<Deployment, 'tables'>, clock?: TablesClock): Tables =>
  clock ? checkingClock(openPlaces(tables, { onDate: clock.tell }), clock) : openPlaces(tables, {})

/** Creates the tables that a deployment needs from now on, where they are missing. @throws {Refusal} `tables-unavailable` */
export const prepareTables = (tables: Tables, now: Date): Promise<void> =>
  tables.create([
    'tenants',
    'authorities',
    relyingPartiesTable,
    ...dailyTablesAhead(now, housekeepingDaysAhead),
  ])
