import type { StoredRow, Tables } from '../../store/tables.ts'
import { type Entry, entryFromRow } from '../record/entry.ts'
import { ledgerTable, tenantPartitions } from '../record/ledgerKey.ts'
import { datedAt, readRow, type SearchWatcher } from '../search/readRow.ts'

/** Whose certificates are looked for: a column of the ledger, and its value. */
export interface Holder {
  readonly column: 'upn' | 'deviceId' | 'keyHash'
  readonly value: string
}

const hour = 3_600_000

/** The longest that the token of a live certificate may have ended before now: a certificate lives 24 h. An hour for clocks that differ. */
const before = 25 * hour

/** The longest that it may still live: 28 h. */
const after = 29 * hour

/** The ledger tables that can hold certificates that live now: they are named for the day on which the token ends. */
const tablesAround = (now: Date): ReadonlySet<string> => {
  const first = now.getTime() - before
  const days = Math.ceil((before + after) / (24 * hour))
  const times = Array.from({ length: days }, (_, index) => first + index * 24 * hour)
  return new Set([...times, now.getTime() + after].map((time) => ledgerTable(new Date(time))))
}

/** Tells whether a certificate is accepted at a time: `notAfter` is the last second of its life, RFC 5280 section 4.1.2.5. */
const isLive = ({ notAfter }: Entry, now: Date): boolean => now.getTime() < notAfter.getTime() + 1_000

/** Takes what has no end for something that goes on. */
const readEntry = (row: StoredRow): Entry => {
  const entry = entryFromRow(row)
  datedAt(entry.notBefore)
  datedAt(entry.notAfter)
  return entry
}

/** Whose certificates are looked for, and who is told how that goes. */
export interface LiveSearch {
  readonly tenant: string
  readonly holder: Holder
  readonly watcher: SearchWatcher
}

/**
 * Finds the certificates of a tenant that servers accept now, of one user, device or key. What is recorded while it reads
 * may be among them or not.
 * @throws {Refusal} `tables-unavailable`
 */
export async function* liveCertificates(
  tables: Tables,
  { tenant, holder, watcher }: LiveSearch,
  now: Date,
): AsyncGenerator<Entry> {
  const wanted = tablesAround(now)
  const existing = (await tables.names('ledger')).filter((name) => wanted.has(name))
  for (const table of existing) {
    watcher.onTable?.(table)
    const what = { partitions: tenantPartitions(tenant), where: { [holder.column]: holder.value } }
    for await (const row of tables.scan(table, what)) {
      const entry = readRow(table, row, { read: readEntry, watcher })
      if (entry && isLive(entry, now)) yield entry
    }
  }
}
