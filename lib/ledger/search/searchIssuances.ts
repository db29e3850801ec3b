import type { StoredRow, Tables } from '../../store/tables.ts'
import { type Entry, entryFromRow } from '../record/entry.ts'
import { tenantPartitions } from '../record/ledgerKey.ts'
import { readRow, type SearchWatcher, datedAt, wantedColumns } from './readRow.ts'
import { isWithin, type Period } from './keptTables.ts'

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
