import { hashParts } from '../store/hashParts.ts'
import type { NewRow, PartitionPart, StoredRow, Tables } from '../store/tables.ts'
import {
  type DenyEntry,
  denyListFromRows,
  type DenySubject,
  hasEnded,
  type StoredDenyList,
  storedTime,
  subjectFromRow,
  untilFromRow,
} from './denyEntry.ts'
import type { TenantId } from './tenantId.ts'

/** One change of a deny list, written once and kept for good. */
export interface DenyChange extends DenyEntry {
  readonly action: 'deny' | 'lift'
  /** Names the run of the command, so that it recognizes its own row. */
  readonly changeId: string
  /** SHA-256 over the change and the digest of the one before it, lower-case hex. */
  readonly digest: string
}

const prefix = 'denial~'

/** The row of a change. */
export const denyChangeRow = (number: number): string => `${prefix}${String(number).padStart(8, '0')}`

/** The changes and, right behind them, head and entries: one query reads them all. */
const everything: PartitionPart = { only: { from: prefix, before: 'deny~~' } }

/** What a change says, in the order in which it is hashed. */
const partsOf = (change: Omit<DenyChange, 'digest'>): readonly string[] => {
  const { number, action, kind, value, reason, until, at, by, changeId } = change
  const times = [until?.toISOString() ?? '', at.toISOString()]
  return [String(number), action, kind, value, reason, ...times, by, changeId]
}

/**
 * Makes a change. Its digest covers the tenant and every change before it, so that none can be altered, left out or put in
 * unnoticed by whoever does not compute all digests after it anew.
 * @param previous the digest of the change before it; empty for the first.
 */
export const newDenyChange = (
  tenant: TenantId,
  change: Omit<DenyChange, 'digest'>,
  previous: string,
): DenyChange => ({ ...change, digest: hashParts(tenant, previous, ...partsOf(change)) })

/** A change as its row stores it. */
export const denyChangeRowOf = (tenant: TenantId, { until, at, ...plain }: DenyChange): NewRow => ({
  partition: tenant,
  row: denyChangeRow(plain.number),
  values: { ...plain, until: until?.toISOString() ?? '', at: at.toISOString() },
})

const changeFromRow = (row: StoredRow): DenyChange => {
  const text = (property: string) => String(row.values[property])
  return {
    ...subjectFromRow(row),
    number: Number(row.values['number']),
    action: text('action') === 'lift' ? 'lift' : 'deny',
    reason: text('reason'),
    until: untilFromRow(row),
    at: storedTime(row, 'at'),
    by: text('by'),
    changeId: text('changeId'),
    digest: text('digest'),
  }
}

/** A tenant's deny list with every change that made it. */
export interface DenyHistory extends StoredDenyList {
  readonly tenant: TenantId
  /** Oldest first. */
  readonly changes: readonly DenyChange[]
}

const attempts = 3

/**
 * Reads a tenant's deny list with its history.
 * @throws {Refusal} `tables-unavailable`
 */
export const readDenyHistory = async (tables: Tables, tenant: TenantId): Promise<DenyHistory> => {
  for (let attempt = 1; ; attempt++) {
    const rows = await tables.list('tenants', tenant, everything)
    const changes = rows.filter(({ row }) => row.startsWith(prefix)).map(changeFromRow)
    const list = denyListFromRows(rows)
    // More than one answer of the service may straddle a change: the head is read after the changes.
    if (changes.length === (list.head?.number ?? 0) || attempt === attempts)
      return { tenant, changes, ...list }
  }
}

const nameOf = ({ kind, value }: DenySubject): string => `${kind} ${value}`

/** What the changes come to: the last one of each subject, unless it lifted it. */
export const foldDenyChanges = (changes: readonly DenyChange[]): ReadonlyMap<string, DenyChange> => {
  const latest = new Map(changes.map((change) => [nameOf(change), change]))
  return new Map([...latest].filter(([, { action }]) => action === 'deny'))
}

const doubtsOfChain = ({ tenant, changes, head }: DenyHistory): readonly string[] => {
  let previous = ''
  for (const [index, change] of changes.entries()) {
    const number = index + 1
    if (change.number !== number) return [`change ${number} is missing`]
    if (newDenyChange(tenant, change, previous).digest !== change.digest)
      return [`change ${number} was altered, or one before it`]
    previous = change.digest
  }
  const last = head?.number ?? 0
  if (last > changes.length) return [`change ${changes.length + 1} is missing`]
  if (last < changes.length) return [`change ${last + 1} is not one that was made`]
  return previous === (head?.digest ?? '') ? [] : [`change ${last} was altered, or one before it`]
}

const entryParts = ({ number, reason, until, at, by }: DenyEntry): string =>
  JSON.stringify([number, reason, until, at, by])

const doubtsOfEntries = ({ changes, entries }: DenyHistory, now: Date): readonly string[] => {
  const expected = foldDenyChanges(changes)
  const actual = new Map(entries.map((entry) => [nameOf(entry), entry]))
  const missing = [...expected.values()]
    .filter((change) => !hasEnded(change, now) && !actual.has(nameOf(change)))
    .map((change) => `${nameOf(change)} was stopped by change ${change.number} and is not on the list`)
  const other = entries
    .filter((entry) => {
      const change = expected.get(nameOf(entry))
      return !change || entryParts(change) !== entryParts(entry)
    })
    .map((entry) => `${nameOf(entry)} is on the list otherwise than it was changed`)
  return [...missing, ...other]
}

/**
 * Holds a deny list against its history.
 * @returns what does not fit, a sentence each without its end; empty when nobody but Mayfly wrote to it.
 */
export const doubtsAbout = (history: DenyHistory, now: Date): readonly string[] => [
  ...doubtsOfChain(history),
  ...doubtsOfEntries(history, now),
]
