import type { DropUser } from '../drops/dropList.ts'
import { hashParts } from '../store/hashParts.ts'
import type { NewRow, PartitionPart, StoredRow, Tables } from '../store/tables.ts'
import { type Actor, actorColumns, actorOfRow } from './actor.ts'
import { storedUsers, usersFromRow } from './storedUsers.ts'
import type { TenantId } from './tenantId.ts'

const kinds = ['user', 'device', 'key'] as const

export type DenyKind = (typeof kinds)[number]

export interface DenySubject {
  readonly kind: DenyKind
  /** UPN in lower case; UUID in lower case; SHA-256 of the SubjectPublicKeyInfo, lower-case hex. */
  readonly value: string
}

/** A subject that is stopped, by its latest denial. */
export interface DenyEntry extends DenySubject {
  /** For the record: users are not told. */
  readonly reason: string
  /** The first instant at which it is not stopped any more; undefined until it is lifted. */
  readonly until: Date | undefined
  readonly at: Date
  readonly by: Actor
  /** The number of the change. */
  readonly number: number
  /** Whom the ledger knows with the subject: their sessions end. Found after the denial, and added to it by a change of its own. */
  readonly users: readonly DropUser[]
}

/** An entry as it was read. */
export interface StoredDenyEntry extends DenyEntry {
  readonly etag: string
}

/** The last change of a deny list, which guards the next. */
export interface DenyHead {
  /** 1 for the first. */
  readonly number: number
  readonly etag: string
}

/** A tenant's deny list as it is stored. */
export interface StoredDenyList {
  /** Undefined before the first change. */
  readonly head: DenyHead | undefined
  /** Those that ended included, until a change drops them. */
  readonly entries: readonly StoredDenyEntry[]
}

const prefix = 'deny~'
const entryPrefix = `${prefix}entry~`

/** The row of the last change. */
export const denyHeadRow = `${prefix}current`

/** The row of a subject: hashed, because a UPN may have characters that keys may not. */
export const denyEntryRow = ({ kind, value }: DenySubject): string =>
  `${entryPrefix}${kind}~${hashParts(value)}`

/** Head and entries, which one query reads. */
const wholeList: PartitionPart = { only: { from: prefix, before: `${prefix}~` } }

/** Writes an entry or a change as their rows store it. */
export const denyValues = <Entry extends DenyEntry>({ until, at, by, users, ...plain }: Entry) => ({
  ...plain,
  users: storedUsers(users),
  ...actorColumns(by),
  until: until?.toISOString() ?? '',
  at: at.toISOString(),
})

/** An entry as its row stores it. */
export const entryRowOf = (tenant: TenantId, entry: DenyEntry): NewRow => ({
  partition: tenant,
  row: denyEntryRow(entry),
  values: denyValues(entry),
})

const broken = (row: string) => new Error(`The row ${row} of a deny list is not what was written.`)

/** Reads a time that toISOString() wrote. */
export const storedTime = ({ row, values }: StoredRow, property: string): Date => {
  const text = String(values[property])
  const time = new Date(text)
  if (Number.isNaN(time.getTime()) || time.toISOString() !== text) throw broken(row)
  return time
}

/** Reads what a row says of its subject. A kind that is not known cannot be held against requests: nothing is guessed. */
export const subjectFromRow = ({ row, values }: StoredRow): DenySubject => {
  const kind = kinds.find((known) => known === values['kind'])
  if (!kind) throw broken(row)
  return { kind, value: String(values['value']) }
}

/** Reads `until`, which is empty until the subject is lifted. */
export const untilFromRow = (row: StoredRow): Date | undefined =>
  row.values['until'] === '' ? undefined : storedTime(row, 'until')

const entryFromRow = (row: StoredRow): StoredDenyEntry => {
  const { reason, number } = row.values
  const subject = subjectFromRow(row)
  if (row.row !== denyEntryRow(subject)) throw broken(row.row)
  return {
    ...subject,
    reason: String(reason),
    until: untilFromRow(row),
    at: storedTime(row, 'at'),
    by: actorOfRow(row.values),
    number: Number(number),
    users: usersFromRow(row),
    etag: row.etag,
  }
}

/** Reads a deny list from its rows. An entry without a head is no list that Mayfly wrote. */
export const denyListFromRows = (rows: readonly StoredRow[]): StoredDenyList => {
  const head = rows.find(({ row }) => row === denyHeadRow)
  const entries = rows.filter(({ row }) => row.startsWith(entryPrefix)).map(entryFromRow)
  if (!head && entries[0]) throw broken(denyEntryRow(entries[0]))
  return {
    head: head && { number: Number(head.values['number']), etag: head.etag },
    entries,
  }
}

/**
 * Reads a tenant's deny list by one query: as it was at one time up to 1,000 rows; of a longer one, what did not change
 * meanwhile is there in any case.
 * @throws {Refusal} `tables-unavailable`
 */
export const readDenyList = async (tables: Tables, tenant: TenantId): Promise<StoredDenyList> =>
  denyListFromRows(await tables.list('tenants', tenant, wholeList))

/** Tells whether an end has come. */
export const hasEnded = ({ until }: Pick<DenyEntry, 'until'>, now: Date): boolean =>
  until !== undefined && now >= until
