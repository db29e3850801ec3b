import type { StoredRow, Tables } from '../../store/tables.ts'
import { type RefusalEntry, refusalFromRow } from '../record/refusalEntry.ts'
import { datedAt, readRow, type SearchWatcher, wantedColumns } from './readRow.ts'
import { isWithin, type Period } from './keptTables.ts'

/** The index of the least of the values that are left; undefined when none is. */
const leastOf = <T>(
  heads: readonly IteratorResult<T>[],
  compare: (a: T, b: T) => number,
): number | undefined => {
  let least: { readonly index: number; readonly value: T } | undefined
  for (const [index, head] of heads.entries())
    if (head.done !== true && (!least || compare(head.value, least.value) < 0))
      least = { index, value: head.value }
  return least?.index
}

/**
 * Merges sources, each in order, into one in order. Holds one value of each; no source is read on when the caller stops,
 * or when one of them fails.
 */
export async function* mergeInOrder<T>(
  sources: readonly AsyncIterable<T>[],
  compare: (a: T, b: T) => number,
): AsyncGenerator<T> {
  const readers = sources.map((source) => source[Symbol.asyncIterator]())
  try {
    const heads = await Promise.all(readers.map((reader) => reader.next()))
    for (;;) {
      const index = leastOf(heads, compare)
      const head = index === undefined ? undefined : heads[index]
      const reader = index === undefined ? undefined : readers[index]
      if (index === undefined || !reader || !head || head.done === true) return
      yield head.value
      heads[index] = await reader.next()
    }
  } finally {
    for (const reader of readers) await reader.return?.()
  }
}

export interface RefusalFilter {
  /** Lower case. */
  readonly upn?: string | undefined
  /** Lower case. */
  readonly deviceId?: string | undefined
  /** Of the catalogue. */
  readonly code?: string | undefined
  /** Lower case. */
  readonly invocationId?: string | undefined
}

/** Which refusals are wanted, and where they are looked for. */
export interface RefusalSearch extends Period {
  readonly tenant: string
  /** Of refusalTables(). */
  readonly names: readonly string[]
  readonly filter: RefusalFilter
  readonly watcher: SearchWatcher
}

/** The sixteen partitions of a tenant, one by one: each is in the order of time. */
const partitionsOf = (tenant: string) =>
  Array.from('0123456789abcdef', (shard) => ({ from: `${tenant}~${shard}`, before: `${tenant}~${shard}~` }))

const byRow = (a: StoredRow, b: StoredRow): number => (a.row < b.row ? -1 : 1)

const readRefusal = (row: StoredRow): RefusalEntry => {
  const entry = refusalFromRow(row)
  datedAt(entry.at)
  return entry
}

/**
 * Finds what was refused, oldest first, page by page while the caller takes it: the partitions of a table are read side by
 * side, a page of each at the most.
 * @throws {Refusal} `tables-unavailable`
 */
export async function* searchRefusals(
  tables: Tables,
  { tenant, names, filter, watcher, ...period }: RefusalSearch,
): AsyncGenerator<RefusalEntry> {
  const where = wantedColumns({ ...filter })
  for (const table of names) {
    watcher.onTable?.(table)
    const sources = partitionsOf(tenant).map((partitions) => tables.scan(table, { partitions, where }))
    for await (const row of mergeInOrder(sources, byRow)) {
      const entry = readRow(table, row, { read: readRefusal, watcher })
      if (entry && isWithin(entry.at, period)) yield entry
    }
  }
}
