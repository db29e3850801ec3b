import { odata, type TableClient } from '@azure/data-tables'
import { type Bounds, callTables, isCode } from './callTables.ts'
import { type OnDate, openTableClients, type TablesLocation } from './tableClients.ts'
import { filterOf, scanFilter, sendWrite, toAction, toEntity, toStored } from './toEntity.ts'
import type { StoredRow, Tables } from './tables.ts'

export interface TablesOptions {
  /** The longest one call may take, retries included; 5 s by default. */
  readonly timeoutMilliseconds?: number
  readonly onDate?: OnDate
}

/** One page after the other, each within the time of a call: a long reading takes as long as it takes. */
async function* scanning(
  client: TableClient,
  { filter, timeoutMilliseconds }: { readonly filter: string; readonly timeoutMilliseconds: number },
): AsyncGenerator<StoredRow> {
  let continuationToken: string | undefined
  do {
    const page = await callTables(async (bounds) => {
      const pages = client
        .listEntities({ queryOptions: { filter }, ...bounds })
        .byPage(continuationToken === undefined ? {} : { continuationToken })
      return (await pages.next()).value
    }, timeoutMilliseconds)
    yield* (page ?? []).map(toStored)
    continuationToken = page?.continuationToken
  } while (continuationToken !== undefined)
}

/** Opens the tables of one storage account. Nothing is sent before the first call. */
export const openTables = (location: TablesLocation, options: TablesOptions = {}): Tables => {
  const { timeoutMilliseconds = 5_000, onDate } = options
  const { of: client, service } = openTableClients(location, onDate)
  const within = <T>(call: (bounds: Bounds) => Promise<T>, signal?: AbortSignal): Promise<T> =>
    callTables(call, timeoutMilliseconds, signal)
  const query = (table: string, filter: string, limit: number): Promise<readonly StoredRow[]> =>
    within(async (bounds) => {
      const rows: StoredRow[] = []
      for await (const entity of client(table).listEntities({ queryOptions: { filter }, ...bounds })) {
        rows.push(toStored(entity))
        if (rows.length >= limit) break
      }
      return rows
    })
  return {
    get: (table, { partition, row }, signal) =>
      within(async (bounds) => {
        try {
          return toStored(await client(table).getEntity(partition, row, bounds))
        } catch (error) {
          if (isCode(error, 'ResourceNotFound')) return undefined
          throw error
        }
      }, signal),
    list: (table, partition, part) => query(table, filterOf(partition, part), Infinity),
    find: (table, { property, value, limit }) => query(table, `${property}${odata` eq ${value}`}`, limit),
    insert: (table, row, signal) =>
      within(async (bounds) => {
        try {
          await client(table).createEntity(toEntity(row), bounds)
          return true
        } catch (error) {
          if (isCode(error, 'EntityAlreadyExists')) return false
          throw error
        }
      }, signal),
    remove: (table, { partition, row }) =>
      within(async (bounds) => {
        try {
          await client(table).deleteEntity(partition, row, bounds)
          return true
        } catch (error) {
          if (isCode(error, 'ResourceNotFound')) return false
          throw error
        }
      }),
    transact: (table, writes, signal) =>
      within(async (bounds) => {
        try {
          const [first, ...others] = writes
          if (first && others.length === 0) await sendWrite(client(table), first, bounds)
          else await client(table).submitTransaction(writes.map(toAction), bounds)
          return true
        } catch (error) {
          if (isCode(error, 'EntityAlreadyExists', 'UpdateConditionNotSatisfied', 'ResourceNotFound'))
            return false
          throw error
        }
      }, signal),
    scan: (table, what) => scanning(client(table), { filter: scanFilter(what), timeoutMilliseconds }),
    async create(tables) {
      const account = service()
      // Some forty at once: each has a time of its own.
      for (const table of tables) await within((bounds) => account.createTable(table, bounds))
    },
    names: (prefix) =>
      within(async (bounds) => {
        const filter = `TableName${odata` ge ${prefix}`} and TableName${odata` lt ${`${prefix}~`}`}`
        const names: string[] = []
        const listed = service().listTables({ queryOptions: { filter }, ...bounds })
        for await (const { name = '' } of listed) names.push(name)
        return names.toSorted()
      }),
    drop: (table) =>
      within(async (bounds) => {
        try {
          await client(table).deleteTable(bounds)
        } catch (error) {
          if (!isCode(error, 'TableBeingDeleted')) throw error
        }
      }),
  }
}
