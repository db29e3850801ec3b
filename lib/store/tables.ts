import {
  odata,
  RestError,
  TableClient,
  TableServiceClient,
  type TableServiceClientOptions,
  type TransactionAction,
} from '@azure/data-tables'
import { Refusal } from '../errors/refusal.ts'
import { refuseForeignAnswers } from './foreignAnswers.ts'

/** A property value Mayfly stores: text, number, flag, or up to 64 KiB of octets (Edm.Binary). */
export type Value = string | number | boolean | Uint8Array

/** Name of a row: PartitionKey and RowKey. Neither may contain `/ \ # ?` or control characters. */
export interface RowKey {
  readonly partition: string
  readonly row: string
}

/** A row to write. */
export interface NewRow extends RowKey {
  readonly values: Readonly<Record<string, Value>>
}

/** A row as it was read. */
export interface StoredRow extends NewRow {
  /** Opaque version: a write conditioned on it fails once somebody else wrote the row. */
  readonly etag: string
}

/** Row keys from one on, up to another that is not among them. */
export interface RowRange {
  readonly from: string
  readonly before: string
}

/** A part of a partition: the rows of a range, or all but those. */
export type PartitionPart = { readonly only: RowRange } | { readonly except: RowRange }

/**
 * One write of a transaction: `insert` fails when the row exists, `replace` when somebody wrote it since, `remove` when
 * there is no such row. A transaction that removes holds a row under its ETag beside it: `remove` looks at no version.
 */
export type Write =
  | { readonly kind: 'insert'; readonly row: NewRow }
  | { readonly kind: 'replace'; readonly row: NewRow; readonly etag: string }
  | { readonly kind: 'remove'; readonly row: RowKey }

/** What of a table is read. */
export interface Scan {
  /** Partitions from one on, up to another that is not among them. */
  readonly partitions: RowRange
  /** The value that each of these properties has. */
  readonly where?: Readonly<Record<string, string>>
}

/**
 * Azure Table Storage, or Azurite. Safe for concurrent use. Transient faults are retried within the time a call has; a
 * write is durable once its promise resolves. A write that throws may have happened all the same.
 *
 * Every method throws Refusal `tables-unavailable` when the tables do not answer, or when a table does not exist:
 * a row in a table nobody created is unknown, not absent.
 */
export interface Tables {
  /** @returns undefined when the row is absent. */
  get(table: string, key: RowKey): Promise<StoredRow | undefined>
  /**
   * All rows of a partition, or of a part of it, in the order of their row keys. What fits into one answer of the service
   * is as it was at one time: a part is one query, therefore.
   */
  list(table: string, partition: string, part?: PartitionPart): Promise<readonly StoredRow[]>
  /** Up to `limit` rows of any partition whose property has the value. Reads the whole table: for rare use. */
  find(
    table: string,
    where: { property: string; value: string; limit: number },
  ): Promise<readonly StoredRow[]>
  /** Inserts a row unless its key exists. @returns false when it does; also when a retry met its own insert. */
  insert(table: string, row: NewRow): Promise<boolean>
  /** Deletes a row, whatever its version. @returns false when there is none; also when a retry met its own delete. */
  remove(table: string, key: RowKey): Promise<boolean>
  /** Does all writes, of one partition and at most 100, or none. @returns false when a condition fails. */
  transact(table: string, writes: readonly Write[]): Promise<boolean>
  /**
   * Reads rows page by page, in the order of their keys, while the caller takes them. Each page has the time of a call;
   * what is written meanwhile may be among them or not.
   */
  scan(table: string, what: Scan): AsyncIterable<StoredRow>
  /** Creates the tables that do not exist. */
  create(tables: readonly string[]): Promise<void>
  /** The tables whose names begin so, sorted. */
  names(prefix: string): Promise<readonly string[]>
  /** Deletes a table with all its rows, if there is one. */
  drop(table: string): Promise<void>
}

/** What gives access tokens for the storage account: any credential of Azure Identity. */
export interface Credential {
  getToken(scopes: string | string[]): Promise<{ token: string; expiresOnTimestamp: number } | null>
}

/** Where the tables are. */
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
  additionalPolicies: [refuseForeignAnswers],
}

/** How tables are opened. */
export interface TablesOptions {
  /** The longest one call may take, retries included; 5 s by default. */
  readonly timeoutMilliseconds?: number
}

const errorCode = (error: RestError): string | undefined =>
  (error.details as { odataError?: { code?: string } } | undefined)?.odataError?.code ?? error.code

/** Statuses below 500 that say "not now" or "not you", and so may pass; the others are our own mistakes. */
const passingStatuses = new Set([401, 403, 404, 408, 429])

/** What the SDK throws besides RestError when an outage keeps it from asking: see @azure/identity. */
const outageNames = new Set(['AbortError', 'CredentialUnavailableError', 'AuthenticationError'])

const outageReason = (error: unknown): string | undefined => {
  if (!(error instanceof RestError))
    return outageNames.has((error as Error).name) ? (error as Error).name : undefined
  const { statusCode = 0 } = error
  // Success that is thrown is an answer that makes no sense.
  const passes = statusCode < 400 || statusCode >= 500 || passingStatuses.has(statusCode)
  // A name is free again only about 40 s after its table was deleted.
  return passes || isCode(error, 'TableBeingDeleted')
    ? (errorCode(error) ?? `status ${statusCode}`)
    : undefined
}

/** What is logged of an outage: a parser quotes what it could not parse, and that is a row. */
const causeOf = (error: unknown): unknown =>
  error instanceof RestError && error.code === RestError.PARSE_ERROR
    ? new Error('The answer cannot be read.')
    : error

/** Maps what the SDK throws to the refusal it stands for; a defect of ours stays what it is. */
const outage = (error: unknown): unknown => {
  const reason = outageReason(error)
  if (reason === undefined) return error
  return new Refusal('tables-unavailable', `Cannot use the tables: ${reason}.`, {
    cause: causeOf(error),
    retryAfterSeconds: 5,
  })
}

const isCode = (error: unknown, ...codes: readonly string[]): boolean =>
  error instanceof RestError && codes.includes(errorCode(error) ?? '')

/** What the tables add to a row on their own. */
const systemProperties = new Set(['partitionKey', 'rowKey', 'etag', 'timestamp', 'odata.metadata'])

const toStored = (entity: Record<string, unknown>): StoredRow => ({
  partition: String(entity['partitionKey']),
  row: String(entity['rowKey']),
  etag: String(entity['etag']),
  values: Object.fromEntries(
    Object.entries(entity).filter(([name]) => !systemProperties.has(name)),
  ) as Record<string, Value>,
})

const toEntity = ({ partition, row, values }: NewRow) => ({ partitionKey: partition, rowKey: row, ...values })

const toAction = (write: Write): TransactionAction => {
  switch (write.kind) {
    case 'insert':
      return ['create', toEntity(write.row)]
    case 'replace':
      return ['update', toEntity(write.row), 'Replace', { etag: write.etag }]
    case 'remove':
      return ['delete', { partitionKey: write.row.partition, rowKey: write.row.row }]
  }
}

/** A role on a single table need not reach to a batch, which is sent to the account: one write is a request of its own. */
const sendWrite = (
  client: TableClient,
  write: Write,
  options: { readonly abortSignal: AbortSignal },
): Promise<unknown> => {
  switch (write.kind) {
    case 'insert':
      return client.createEntity(toEntity(write.row), options)
    case 'replace':
      return client.updateEntity(toEntity(write.row), 'Replace', { ...options, etag: write.etag })
    case 'remove':
      return client.deleteEntity(write.row.partition, write.row.row, options)
  }
}

const endpointOptions = ({ ca }: { readonly ca?: string }): TableServiceClientOptions =>
  ca === undefined ? clientOptions : { ...clientOptions, tlsOptions: { ca } }

const clientFor = (location: TablesLocation, table: string): TableClient =>
  location.kind === 'endpoint'
    ? new TableClient(location.endpoint, table, location.credential, endpointOptions(location))
    : TableClient.fromConnectionString(location.connectionString, table, {
        ...clientOptions,
        allowInsecureConnection: true,
      })

const serviceFor = (location: TablesLocation): TableServiceClient =>
  location.kind === 'endpoint'
    ? new TableServiceClient(location.endpoint, location.credential, endpointOptions(location))
    : TableServiceClient.fromConnectionString(location.connectionString, {
        ...clientOptions,
        allowInsecureConnection: true,
      })

const calling = async <T>(call: () => Promise<T>): Promise<T> => {
  try {
    return await call()
  } catch (error) {
    throw outage(error)
  }
}

const filterOf = (partition: string, part: PartitionPart | undefined): string => {
  const all = odata`PartitionKey eq ${partition}`
  if (!part) return all
  const { from, before } = 'only' in part ? part.only : part.except
  return 'only' in part
    ? `${all} and ${odata`RowKey ge ${from} and RowKey lt ${before}`}`
    : `${all} and (${odata`RowKey lt ${from} or RowKey ge ${before}`})`
}

const scanFilter = ({ partitions: { from, before }, where = {} }: Scan): string =>
  [
    odata`PartitionKey ge ${from} and PartitionKey lt ${before}`,
    ...Object.entries(where).map(([property, value]) => `${property}${odata` eq ${value}`}`),
  ].join(' and ')

/** One page after the other, each within the time of a call: a long reading takes as long as it takes. */
async function* scanning(
  client: TableClient,
  { filter, timeoutMilliseconds }: { readonly filter: string; readonly timeoutMilliseconds: number },
): AsyncGenerator<StoredRow> {
  let continuationToken: string | undefined
  do {
    const page = await calling(async () => {
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
  const bounded = () => ({ abortSignal: AbortSignal.timeout(timeoutMilliseconds) })
  const clients = new Map<string, TableClient>()
  const client = (table: string): TableClient => {
    const known = clients.get(table) ?? clientFor(location, table)
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
    get: (table, { partition, row }) =>
      calling(async () => {
        try {
          return toStored(await client(table).getEntity(partition, row, bounded()))
        } catch (error) {
          if (isCode(error, 'ResourceNotFound')) return undefined
          throw error
        }
      }),
    list: (table, partition, part) => calling(() => query(table, filterOf(partition, part), Infinity)),
    find: (table, { property, value, limit }) =>
      calling(() => query(table, `${property}${odata` eq ${value}`}`, limit)),
    insert: (table, row) =>
      calling(async () => {
        try {
          await client(table).createEntity(toEntity(row), bounded())
          return true
        } catch (error) {
          if (isCode(error, 'EntityAlreadyExists')) return false
          throw error
        }
      }),
    remove: (table, { partition, row }) =>
      calling(async () => {
        try {
          await client(table).deleteEntity(partition, row, bounded())
          return true
        } catch (error) {
          if (isCode(error, 'ResourceNotFound')) return false
          throw error
        }
      }),
    transact: (table, writes) =>
      calling(async () => {
        try {
          const [first, ...others] = writes
          if (first && others.length === 0) await sendWrite(client(table), first, bounded())
          else await client(table).submitTransaction(writes.map(toAction), bounded())
          return true
        } catch (error) {
          if (isCode(error, 'EntityAlreadyExists', 'UpdateConditionNotSatisfied', 'ResourceNotFound'))
            return false
          throw error
        }
      }),
    scan: (table, what) => scanning(client(table), { filter: scanFilter(what), timeoutMilliseconds }),
    create: (tables) =>
      calling(async () => {
        const service = serviceFor(location)
        for (const table of tables) await service.createTable(table, bounded())
      }),
    names: (prefix) =>
      calling(async () => {
        const filter = `TableName${odata` ge ${prefix}`} and TableName${odata` lt ${`${prefix}~`}`}`
        const names: string[] = []
        const listed = serviceFor(location).listTables({ queryOptions: { filter }, ...bounded() })
        for await (const { name = '' } of listed) names.push(name)
        return names.toSorted()
      }),
    drop: (table) =>
      calling(async () => {
        try {
          await client(table).deleteTable(bounded())
        } catch (error) {
          if (!isCode(error, 'TableBeingDeleted')) throw error
        }
      }),
  }
}
