import {
  RestError,
  TableClient,
  TableServiceClient,
  type TableServiceClientOptions,
} from '@azure/data-tables'

type AdditionalPolicy = NonNullable<TableServiceClientOptions['additionalPolicies']>[number]

/** Tells a yes of the service from a stranger's: it has a version, and JSON wherever there is something to read. */
const isOfTables = (status: number, headers: { get(name: string): string | undefined }): boolean =>
  headers.get('x-ms-version') !== undefined &&
  (status !== 200 || /^application\/json\b/.test(headers.get('content-type') ?? ''))

/**
 * Refuses the success of an answer that is not of the tables, such as a proxy that shows a page. The SDK takes a page
 * for a list without rows, and a status alone for a row that is written.
 */
const refuseForeignAnswers: AdditionalPolicy = {
  position: 'perRetry',
  policy: {
    name: 'mayflyRefuseForeignAnswers',
    async sendRequest(request, next) {
      const response = await next(request)
      const { status, headers } = response
      if (status >= 400 || isOfTables(status, headers)) return response
      throw new RestError('The answer is not of the tables.', { code: 'ForeignAnswer', statusCode: status })
    },
  },
}

/** Tells the Date (RFC 9110 section 6.6.1) of each answer of the tables, right when it comes: whole seconds. */
const tellDates = (onDate: OnDate): AdditionalPolicy => ({
  position: 'perRetry',
  policy: {
    name: 'mayflyTellDates',
    async sendRequest(request, next) {
      const response = await next(request)
      const date = new Date(response.headers.get('date') ?? '')
      if (!Number.isNaN(date.getTime())) onDate(date)
      return response
    },
  },
})

/** Gives access tokens for the storage account, as any credential of Azure Identity does. */
export interface Credential {
  getToken(scopes: string | string[]): Promise<{ token: string; expiresOnTimestamp: number } | null>
}

export type TablesLocation =
  | { readonly kind: 'connectionString'; readonly connectionString: string }
  | {
      readonly kind: 'endpoint'
      readonly endpoint: string
      readonly credential: Credential
      /** PEM of the authority behind the endpoint, where the system does not trust it. */
      readonly ca?: string
    }

const clientOptions: TableServiceClientOptions = {
  retryOptions: { maxRetries: 2, retryDelayInMs: 100, maxRetryDelayInMs: 800 },
}

/** Names the policies of the SDK that every call would pay for and that do nothing here, with what each is for. */
const idlePolicies = [
  // Compressed answers: the tables have none.
  'decompressResponsePolicy',
  // Signals that are not AbortSignals.
  'wrapAbortSignalLikePolicy',
  // Bodies of several parts; transactions write theirs themselves.
  'formDataPolicy',
  'multipartPolicy',
  // Spans of the SDK, and its log: nobody listens.
  'tracingPolicy',
  'logPolicy',
  // Redirects: the tables know none, and whoever answers with one is not the tables.
  'redirectPolicy',
]

const withoutIdlePolicies = <Client extends Pick<TableClient, 'pipeline'>>(client: Client): Client => {
  for (const name of idlePolicies) client.pipeline.removePolicy({ name })
  return client
}

/** Is told the Date of each answer, right when it comes. */
export type OnDate = (date: Date) => void

const optionsFor = (location: TablesLocation, onDate: OnDate | undefined): TableServiceClientOptions => {
  const dates = onDate ? [tellDates(onDate)] : []
  const options = { ...clientOptions, additionalPolicies: [...dates, refuseForeignAnswers] }
  if (location.kind === 'connectionString') return { ...options, allowInsecureConnection: true }
  return location.ca === undefined ? options : { ...options, tlsOptions: { ca: location.ca } }
}

const clientFor = (location: TablesLocation, table: string, onDate: OnDate | undefined): TableClient =>
  withoutIdlePolicies(
    location.kind === 'endpoint'
      ? new TableClient(location.endpoint, table, location.credential, optionsFor(location, onDate))
      : TableClient.fromConnectionString(location.connectionString, table, optionsFor(location, onDate)),
  )

const serviceFor = (location: TablesLocation, onDate: OnDate | undefined): TableServiceClient =>
  withoutIdlePolicies(
    location.kind === 'endpoint'
      ? new TableServiceClient(location.endpoint, location.credential, optionsFor(location, onDate))
      : TableServiceClient.fromConnectionString(location.connectionString, optionsFor(location, onDate)),
  )

/** Tells whether a text is a connection string that the SDK can read. */
export const isConnectionString = (connectionString: string): boolean => {
  try {
    return URL.canParse(clientFor({ kind: 'connectionString', connectionString }, 'tenants', undefined).url)
  } catch {
    return false
  }
}

/** The clients of one storage account. */
export interface TableClients {
  /** The client of a table: one a table. */
  readonly of: (table: string) => TableClient
  readonly service: () => TableServiceClient
}

/** Opens the clients of a storage account. Sends nothing. */
export const openTableClients = (location: TablesLocation, onDate: OnDate | undefined): TableClients => {
  const clients = new Map<string, TableClient>()
  return {
    of(table) {
      const known = clients.get(table) ?? clientFor(location, table, onDate)
      clients.set(table, known)
      return known
    },
    service: () => serviceFor(location, onDate),
  }
}
