import { fixedCredential } from '../lib/keys/fixedCredential.ts'
import { splitTables } from '../lib/store/splitTables.ts'
import { openTables, type TablesLocation } from '../lib/store/openTables.ts'
import type { Tables } from '../lib/store/tables.ts'
import type { Deployment } from './deployment.ts'
import { developerCredential } from './developerCredential.ts'
import { readAuthorities } from './inputFile.ts'

/** The first call waits for the credential of a developer, which takes its time: as long as vaults are waited for. */
const timeoutMilliseconds = 30_000

type AzurePlace = Extract<Deployment['tables'], { readonly endpoint: string }>

const openEndpoint = (endpoint: string, { standIn }: AzurePlace): Tables => {
  const location: TablesLocation = standIn
    ? {
        kind: 'endpoint',
        endpoint,
        credential: fixedCredential(standIn.token),
        ca: readAuthorities(standIn.caFile),
      }
    : { kind: 'endpoint', endpoint, credential: developerCredential }
  return openTables(location, { timeoutMilliseconds })
}

/**
 * Opens the tables of a deployment: with its account key on one machine, with the administrator's own sign-in in Azure.
 * @throws {Refusal} `usage-wrong` or `certificate-malformed` when the file of a stand-in's authority cannot be read.
 */
export const openDeploymentTables = ({ tables }: Pick<Deployment, 'tables'>): Tables => {
  if ('connectionString' in tables) return openTables({ kind: 'connectionString', ...tables })
  const configuration = openEndpoint(tables.endpoint, tables)
  const { recordsEndpoint } = tables
  if (recordsEndpoint === undefined) return configuration
  return splitTables({ configuration, records: openEndpoint(recordsEndpoint, tables) })
}
