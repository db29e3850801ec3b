import type { StoredRow, Tables } from '../../store/tables.ts'
import { type Entry, entryFromRow } from '../record/entry.ts'
import { tenantPartitions } from '../record/ledgerKey.ts'
import { isWithin, type Period } from './keptTables.ts'
import { readRow, type SearchWatcher, datedAt, wantedColumns } from './readRow.ts'

export interface IssuanceFilter {
  /** Lower case. */
  readonly upn?: string | undefined
  /** Lower case. */
  readonly deviceId?: string | undefined
  /** Lower-case hex. */
  readonly serialNumber?: string | undefined
  readonly issuerId?: string | undefined
}

/** Which issuances are wanted, and where they are looked for. */
export interface IssuanceSearch extends Period {
  readonly tenant: string
  /** Of issuanceTables(). */
  readonly names: readonly string[]
  readonly filter: IssuanceFilter
  readonly watcher: SearchWatcher
}

/** An issuance and the table it is in. */
export interface FoundIssuance {
  readonly table: string
  readonly entry: Entry
}

const readEntry = (row: StoredRow): Entry => {
  const entry = entryFromRow(row)
  datedAt(entry.issuedAt)
  return entry
}

/**
 * Finds what was issued, page by page while the caller takes it: table after table in the order given, in each in the
 * order of the keys, which is that of no time.
 * @throws {Refusal} `tables-unavailable`
 */
export async function* searchIssuances(
  tables: Tables,
  { tenant, names, filter, watcher, ...period }: IssuanceSearch,
): AsyncGenerator<FoundIssuance> {
  const what = { partitions: tenantPartitions(tenant), where: wantedColumns({ ...filter }) }
  for (const table of names) {
    watcher.onTable?.(table)
    for await (const row of tables.scan(table, what)) {
      const entry = readRow(table, row, { read: readEntry, watcher })
      if (entry && isWithin(entry.issuedAt, period)) yield { table, entry }
    }
  }
}

/** The order of few rows. */
export interface Ordering<T> {
  /** The most rows that are held; more of them come as they are. */
  readonly limit: number
  readonly compare: (a: T, b: T) => number
  /** Told once when there are more. */
  readonly onMany: () => void
}

/** Puts rows into order while they are few; more of them come in the order they are found in, and are not held. */
export async function* inOrderWhileFew<T>(
  rows: AsyncIterable<T>,
  { limit, compare, onMany }: Ordering<T>,
): AsyncGenerator<T> {
  const held: T[] = []
  let areMany = false
  for await (const row of rows) {
    if (!areMany) held.push(row)
    else yield row
    if (held.length <= limit) continue
    areMany = true
    onMany()
    yield* held.splice(0)
  }
  yield* held.toSorted(compare)
}

/** Which issuance is wanted, and where it is looked for. */
export interface OneSearch {
  readonly tenant: string
  /** In this order. */
  readonly names: readonly string[]
  /** Lower-case hex. */
  readonly serialNumber: string
  /** DER Certificate that the row must hold, if it is at hand. */
  readonly certificate?: Uint8Array | undefined
  readonly watcher: SearchWatcher
}

export interface OneFound {
  readonly found: FoundIssuance | undefined
  /** Whether a row has the serial number and another certificate than the one at hand. */
  readonly isOther: boolean
}

/** Finds the one issuance with a serial number. Tables behind the one that holds it are not read. @throws {Refusal} `tables-unavailable` */
export const searchOne = async (
  tables: Tables,
  { tenant, names, serialNumber, certificate, watcher }: OneSearch,
): Promise<OneFound> => {
  const always = { since: undefined, until: undefined }
  let isOther = false
  for await (const found of searchIssuances(tables, {
    tenant,
    names,
    filter: { serialNumber },
    watcher,
    ...always,
  })) {
    if (certificate === undefined || Buffer.compare(found.entry.certificate, certificate) === 0)
      return { found, isOther }
    isOther = true
  }
  return { found: undefined, isOther }
}
