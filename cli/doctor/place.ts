import type { Deployment } from '../../lib/deployment/deployment.ts'
import { readAuthorities } from '../../lib/files/readInput.ts'

/** A part of a deployment that answers https, and must answer nobody without a credential. */
export interface Place {
  /** Its host, with the port where that is not the usual one. */
  readonly host: string
  /** What shows what is there to whoever may see it. */
  readonly url: URL
  /** Reads the PEM of the authority behind it, where the system does not trust it. @throws {Refusal} when it cannot be read. */
  readonly ca: () => string | undefined
}

const placeOf = (url: URL, caFile: string | undefined): Place => ({
  host: url.host,
  url,
  ca: () => (caFile === undefined ? undefined : readAuthorities(caFile)),
})

/** The vaults of a deployment, each once. */
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

const endpointsOf = ({ tables }: Deployment): readonly (string | undefined)[] =>
  'connectionString' in tables
    ? [endpointIn(tables.connectionString)]
    : [tables.endpoint, tables.recordsEndpoint]

/** Where the tables of a deployment are, those of the configuration first; none when its connection string does not say. */
export const tablesPlaces = (deployment: Deployment): readonly Place[] => {
  const { tables } = deployment
  const caFile = 'standIn' in tables ? tables.standIn?.caFile : undefined
  return endpointsOf(deployment)
    .filter((endpoint) => endpoint !== undefined)
    .filter((endpoint) => URL.canParse(endpoint))
    .map((endpoint) => placeOf(new URL(`${endpoint.replace(/\/$/, '')}/Tables`), caFile))
}
