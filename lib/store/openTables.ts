import {
  odata,
  RestError,
  TableClient,
  TableServiceClient,
  type TableServiceClientOptions,
} from '@azure/data-tables'
import { filterOf, scanFilter, sendWrite, toAction, toEntity, toStored } from './toEntity.ts'
import type { StoredRow, Tables } from './tables.ts'
import { callTables, isCode } from './callTables.ts'

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
const tellDates = (onDate: (date: Date) => void): AdditionalPolicy => ({
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

export interface TablesOptions {
  /** The longest one call may take, retries included; 5 s by default. */
  readonly timeoutMilliseconds?: number
  /** Is told the Date of each answer, right when it comes. */
  readonly onDate?: (date: Date) => void
}

const optionsFor = (location: TablesLocation, { onDate }: TablesOptions): TableServiceClientOptions => {
  const dates = onDate ? [tellDates(onDate)] : []
  const options = { ...clientOptions, additionalPolicies: [...dates, refuseForeignAnswers] }
  if (location.kind === 'connectionString') return { ...options, allowInsecureConnection: true }
  return location.ca === undefined ? options : { ...options, tlsOptions: { ca: location.ca } }
}

const clientFor = (location: TablesLocation, table: string, options: TablesOptions): TableClient =>
  location.kind === 'endpoint'
    ? new TableClient(location.endpoint, table, location.credential, optionsFor(location, options))
    : TableClient.fromConnectionString(location.connectionString, table, optionsFor(location, options))

const serviceFor = (location: TablesLocation, options: TablesOptions): TableServiceClient =>
  location.kind === 'endpoint'
    ? new TableServiceClient(location.endpoint, location.credential, optionsFor(location, options))
    : TableServiceClient.fromConnectionString(location.connectionString, optionsFor(location, options))

/** Tells whether a text is a connection string that the SDK can read. */
export const isConnectionString = (connectionString: string): boolean => {
  try {
    return URL.canParse(clientFor({ kind: 'connectionString', connectionString }, 'tenants', {}).url)
  } catch {
    return false
  }
}

/** One page after the other, each within the time of a call: a long reading takes as long as it takes. */
async function* scanning(
  client: TableClient,
  { filter, timeoutMilliseconds }: { readonly filter: string; readonly timeoutMilliseconds: number },
): AsyncGenerator<StoredRow> {
  let continuationToken: string | undefined
  do {
    const page = await callTables(async () => {
      const abortSignal = AbortSignal.timeout(timeoutMilliseconds)
      const pages = client
        .listEntities({ queryOptions: { filter }, abortSignal })
        .byPage(continuationToken === undefined ? {} : { continuationToken })
      return (await pages.next()).value
    })
    yield* (page ?? []).map(toStored)
    continuationToken = page?.continuationToken
  } while (continuationToken !== undefined)
}

/** Opens the tables of one storage account. Nothing is sent before the first call. */
export const openTables = (location: TablesLocation, options: TablesOptions = {}): Tables => {
  const { timeoutMilliseconds = 5_000 } = options
  const bounded = (signal?: AbortSignal) => {
    const timeout = AbortSignal.timeout(timeoutMilliseconds)
    return { abortSignal: signal ? AbortSignal.any([signal, timeout]) : timeout }
  }
  const clients = new Map<string, TableClient>()
  const client = (table: string): TableClient => {
    const known = clients.get(table) ?? clientFor(location, table, options)
    clients.set(table, known)
    return known
  }
  const query = async (table: string, filter: string, limit: number): Promise<readonly StoredRow[]> => {
    const rows: StoredRow[] = []
    for await (const entity of client(table).listEntities({ queryOptions: { filter }, ...bounded() })) {
      rows.push(toStored(entity))
      if (rows.length >= limit) break
    }
    return rows
  }
  return {
    get: (table, { partition, row }, signal) =>
      callTables(async () => {
        try {
          return toStored(await client(table).getEntity(partition, row, bounded(signal)))
        } catch (error) {
          if (isCode(error, 'ResourceNotFound')) return undefined
          throw error
        }
      }),
    list: (table, partition, part) => callTables(() => query(table, filterOf(partition, part), Infinity)),
    find: (table, { property, value, limit }) =>
      callTables(() => query(table, `${property}${odata` eq ${value}`}`, limit)),
    insert: (table, row, signal) =>
      callTables(async () => {
        try {
          await client(table).createEntity(toEntity(row), bounded(signal))
          return true
        } catch (error) {
          if (isCode(error, 'EntityAlreadyExists')) return false
          throw error
        }
      }),
    remove: (table, { partition, row }) =>
      callTables(async () => {
        try {
          await client(table).deleteEntity(partition, row, bounded())
          return true
        } catch (error) {
          if (isCode(error, 'ResourceNotFound')) return false
          throw error
        }
      }),
    transact: (table, writes, signal) =>
      callTables(async () => {
        try {
          const [first, ...others] = writes
          if (first && others.length === 0) await sendWrite(client(table), first, bounded(signal))
          else await client(table).submitTransaction(writes.map(toAction), bounded(signal))
          return true
        } catch (error) {
          if (isCode(error, 'EntityAlreadyExists', 'UpdateConditionNotSatisfied', 'ResourceNotFound'))
            return false
          throw error
        }
      }),
    scan: (table, what) => scanning(client(table), { filter: scanFilter(what), timeoutMilliseconds }),
    create: (tables) =>
      callTables(async () => {
        const service = serviceFor(location, options)
        for (const table of tables) await service.createTable(table, bounded())
      }),
    names: (prefix) =>
      callTables(async () => {
        const filter = `TableName${odata` ge ${prefix}`} and TableName${odata` lt ${`${prefix}~`}`}`
        const names: string[] = []
        const listed = serviceFor(location, options).listTables({ queryOptions: { filter }, ...bounded() })
        for await (const { name = '' } of listed) names.push(name)
        return names.toSorted()
      }),
    drop: (table) =>
      callTables(async () => {
        try {
          await client(table).deleteTable(bounded())
        } catch (error) {
          if (!isCode(error, 'TableBeingDeleted')) throw error
        }
      }),
  }
}
