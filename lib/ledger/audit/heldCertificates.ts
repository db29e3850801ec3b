import type { StoredRow, Tables } from '../../store/tables.ts'
import { type Entry, entryFromRow } from '../record/entry.ts'
import { ledgerTable, tenantPartitions } from '../record/ledgerKey.ts'
import { datedAt, readRow, type SearchWatcher } from '../search/readRow.ts'

/** Whose certificates are looked for: a column of the ledger, and the values that it may have. */
export interface Holder {
  readonly column: 'upn' | 'deviceId' | 'keyHash'
  readonly values: readonly string[]
}

const hour = 3_600_000

/**
 * The longest that the token of a certificate may have ended before now by which a session lasts: the certificate lives 24 h, and
 * the session as long again. An hour for clocks that differ.
 */
const before = 49 * hour

/** The longest that it may still live: 28 h. */
const after = 29 * hour

/** The ledger tables that can hold such certificates: they are named for the day on which the token ends. */
const tablesAround = (now: Date): ReadonlySet<string> => {
  const first = now.getTime() - before
  const days = Math.ceil((before + after) / (24 * hour))
  const times = Array.from({ length: days }, (_, index) => first + index * 24 * hour)
  return new Set([...times, now.getTime() + after].map((time) => ledgerTable(new Date(time))))
}

/** Tells whether a certificate is accepted at a time: `notAfter` is the last second of its life, RFC 5280 section 4.1.2.5. */
export const isLive = ({ notAfter }: Pick<Entry, 'notAfter'>, now: Date): boolean =>
  now.getTime() < notAfter.getTime() + 1_000

/**
 * Tells whether a session that the certificate began may last at a time. Servers that end none with its certificate end it
 * by a limit, which is a certificate's life at most.
 */
const isHeld = ({ notBefore, notAfter }: Entry, now: Date): boolean =>
  isLive({ notAfter: new Date(2 * notAfter.getTime() - notBefore.getTime()) }, now)

/** Takes what has no end for something that goes on. */
const readEntry = (row: StoredRow): Entry => {
  const entry = entryFromRow(row)
  datedAt(entry.notBefore)
  datedAt(entry.notAfter)
  return entry
}

/** Whose certificates are looked for, and who is told how that goes. */
export interface HeldSearch {
  readonly tenant: string
  readonly holder: Holder
  readonly watcher: SearchWatcher
}

/**
 * Finds the certificates of a tenant by which sessions may last now, of one user, device or key: those that live, and those
 * that ended no longer ago than they lived. What is recorded while it reads
 * may be among them or not.
 * @throws {Refusal} `tables-unavailable`
 */
export async function* heldCertificates(
  tables: Tables,
  { tenant, holder, watcher }: HeldSearch,
  now: Date,
): AsyncGenerator<Entry> {
  const wanted = tablesAround(now)
  const existing = (await tables.names('ledger')).filter((name) => wanted.has(name))
  for (const table of existing) {
    watcher.onTable?.(table)
    for (const value of holder.values) {
      const what = { partitions: tenantPartitions(tenant), where: { [holder.column]: value } }
      for await (const row of tables.scan(table, what)) {
        const entry = readRow(table, row, { read: readEntry, watcher })
        if (entry && isHeld(entry, now)) yield entry
      }
    }
  }
}
