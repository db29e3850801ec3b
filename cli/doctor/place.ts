import { readAuthorities } from '../../lib/files/readInput.ts'
import type { Deployment } from '../../lib/deployment/deployment.ts'
import { probe, type Probed } from './probe.ts'

/** Names a part of a deployment that answers https, and must answer nobody without a credential. */
export interface Place {
  /** With the port where that is not the usual one. */
  readonly host: string
  /** Lists what is there for whoever may see it. */
  readonly url: URL
  /** PEM of the authority behind it, where the system does not trust it. */
  readonly caFile: string | undefined
}

const placeOf = (url: URL, caFile: string | undefined): Place => ({ host: url.host, url, caFile })

/** Asks a place without a credential. @throws {Refusal} when it cannot be reached, or its authority not be read */
export const probePlace = async ({ url, caFile }: Place, now: () => Date): Promise<Probed> =>
  probe(url, { ca: caFile === undefined ? undefined : readAuthorities(caFile) }, now)

/** Lists the vaults of a deployment, each once. */
export const vaultPlaces = ({ keys: { vault } }: Deployment): readonly Place[] => {
  if (!vault) return []
  const urls = [...new Set([vault.rootUrl, vault.issuerUrl].map((url) => new URL(url).origin))]
  return urls.map((url) => placeOf(new URL('/keys?api-version=7.4', url), vault.standIn?.caFile))
}

const endpointIn = (connectionString: string): string | undefined => {
  const [, endpoint] = /(?:^|;)TableEndpoint=([^;]+)/i.exec(connectionString) ?? []
  const [, account] = /(?:^|;)AccountName=([^;]+)/i.exec(connectionString) ?? []
  const [, suffix = 'core.windows.net'] = /(?:^|;)EndpointSuffix=([^;]+)/i.exec(connectionString) ?? []
  return endpoint ?? (account === undefined ? undefined : `https://${account}.table.${suffix}`)
}

/** Lists where the tables are, those of the configuration first; none when the connection string does not say. */
export const tablesPlaces = ({ tables }: Deployment): readonly Place[] => {
  const caFile = 'standIn' in tables ? tables.standIn?.caFile : undefined
  const endpoints =
    'connectionString' in tables
      ? [endpointIn(tables.connectionString)]
      : [tables.endpoint, tables.recordsEndpoint]
  return endpoints
    .filter((endpoint) => endpoint !== undefined && URL.canParse(endpoint))
    .map((endpoint) => placeOf(new URL(`${endpoint?.replace(/\/$/, '')}/Tables`), caFile))
}
