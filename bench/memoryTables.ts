import type { NewRow, RowKey, StoredRow, Tables, Write } from '../lib/store/tables.ts'

const keyOf = ({ partition, row }: RowKey) => JSON.stringify([partition, row])

/**
 * Tables in memory, for one writer, so that a measurement sees computing and no storage.
 *
 * Rows of ledgers are accepted and forgotten: the same token can be enrolled again and again, and memory does not grow.
 */
export const memoryTables = (): Tables => {
  const tables = new Map<string, Map<string, StoredRow>>()
  const rowsOf = (table: string): Map<string, StoredRow> => {
    const rows = tables.get(table) ?? new Map<string, StoredRow>()
    tables.set(table, rows)
    return rows
  }
  const put = (table: string, row: NewRow): boolean => {
    rowsOf(table).set(keyOf(row), { ...row, etag: '' })
    return true
  }
  const isFree = (table: string, { kind, row }: Write) => kind === 'replace' || !rowsOf(table).has(keyOf(row))
  return {
    get: (table, key) => Promise.resolve(rowsOf(table).get(keyOf(key))),
    list: (table, partition) =>
      Promise.resolve([...rowsOf(table).values()].filter((row) => row.partition === partition)),
    find: () => Promise.reject(new Error('Tables in memory find nothing by its value.')),
    insert: (table, row) => Promise.resolve(table.startsWith('ledger') || put(table, row)),
    remove: (table, key) => Promise.resolve(rowsOf(table).delete(keyOf(key))),
    transact: (table, writes) =>
      Promise.resolve(
        writes.every((write) => isFree(table, write)) && writes.every(({ row }) => put(table, row)),
      ),
    create: () => Promise.resolve(),
  }
}
