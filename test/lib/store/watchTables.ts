import { Refusal } from '../../../lib/errors/refusal.ts'
import type { Tables } from '../../../lib/store/tables.ts'

/** One call of a Tables method. */
export interface TablesCall {
  readonly method: keyof Tables
  readonly table: string
}

/** How a call goes wrong: not done, done but told as failed (the reply was lost), or by a defect. */
export type TablesFault = 'failed' | 'failed but persisted' | Error

/** Real tables whose calls are counted and can be made to fail. */
export interface WatchedTables extends Tables {
  readonly calls: TablesCall[]
  /** Asked before each call; undefined lets it through. */
  fault: (call: TablesCall) => TablesFault | undefined
}

/** The refusal of tables that do not answer. */
export const tablesDown = (): Refusal =>
  new Refusal('tables-unavailable', 'Cannot use the tables: a test says so.', { retryAfterSeconds: 5 })

/** Watches tables. */
export const watchTables = (tables: Tables): WatchedTables => {
  const calling = async <T>(call: TablesCall, perform: () => Promise<T>): Promise<T> => {
    watched.calls.push(call)
    const fault = watched.fault(call)
    if (fault instanceof Error) throw fault
    if (fault === 'failed') throw tablesDown()
    const result = await perform()
    if (fault === 'failed but persisted') throw tablesDown()
    return result
  }
  const watched: WatchedTables = {
    calls: [],
    fault: () => undefined,
    get: (table, key, signal) => calling({ method: 'get', table }, () => tables.get(table, key, signal)),
    list: (table, partition, part) =>
      calling({ method: 'list', table }, () => tables.list(table, partition, part)),
    find: (table, where) => calling({ method: 'find', table }, () => tables.find(table, where)),
    insert: (table, row, signal) =>
      calling({ method: 'insert', table }, () => tables.insert(table, row, signal)),
    transact: (table, writes, signal) =>
      calling({ method: 'transact', table }, () => tables.transact(table, writes, signal)),
    remove: (table, key) => calling({ method: 'remove', table }, () => tables.remove(table, key)),
    async *scan(table, what) {
      // A reading is made of pages; here it goes wrong at its beginning.
      await calling({ method: 'scan', table }, () => Promise.resolve())
      yield* tables.scan(table, what)
    },
    create: (names) => calling({ method: 'create', table: '' }, () => tables.create(names)),
    names: (prefix) => calling({ method: 'names', table: '' }, () => tables.names(prefix)),
    drop: (table) => calling({ method: 'drop', table }, () => tables.drop(table)),
  }
  return watched
}
