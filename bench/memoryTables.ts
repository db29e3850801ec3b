import type {
  NewRow,
  PartitionPart,
  RowKey,
  RowRange,
  StoredRow,
  Tables,
  Write,
} from '../lib/store/tables.ts'

const keyOf = ({ partition, row }: RowKey) => JSON.stringify([partition, row])

const isWithin = ({ row }: RowKey, { from, before }: RowRange): boolean => row >= from && row < before

const isPart = (row: RowKey, part: PartitionPart | undefined): boolean => {
  if (!part) return true
  return 'only' in part ? isWithin(row, part.only) : !isWithin(row, part.except)
}

const none = () => Promise.reject(new Error('Tables in memory are not searched.'))

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
  const isFree = (table: string, { kind, row }: Write) => kind !== 'insert' || !rowsOf(table).has(keyOf(row))
  const write = (table: string, one: Write): boolean =>
    one.kind === 'remove' ? rowsOf(table).delete(keyOf(one.row)) : put(table, one.row)
  return {
    get: (table, key) => Promise.resolve(rowsOf(table).get(keyOf(key))),
    list: (table, partition, part) =>
      Promise.resolve(
        [...rowsOf(table).values()].filter((row) => row.partition === partition && isPart(row, part)),
      ),
    find: none,
    scan: () => {
      throw new Error('Tables in memory are not searched.')
    },
    names: none,
    drop: (table) => Promise.resolve(void tables.delete(table)),
    insert: (table, row) => Promise.resolve(table.startsWith('ledger') || put(table, row)),
    remove: (table, key) => Promise.resolve(rowsOf(table).delete(keyOf(key))),
    transact: (table, writes) =>
      Promise.resolve(writes.every((one) => isFree(table, one)) && writes.every((one) => write(table, one))),
    create: () => Promise.resolve(),
  }
}
