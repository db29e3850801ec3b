import type { DropUser } from '../drops/dropList.ts'
import type { Tables, Write } from '../store/tables.ts'
import {
  type DenyEntry,
  denyEntryRow,
  denyHeadRow,
  type DenySubject,
  entryRowOf,
  hasEnded,
  readDenyList,
  type StoredDenyEntry,
  type StoredDenyList,
} from './denyEntry.ts'
import { type DenyChange, denyChangeRow, denyChangeRowOf } from './denyHistory.ts'
import type { Author } from './actor.ts'
import { addUsers, maxUsersOfList } from './storedUsers.ts'
import type { TenantId } from './tenantId.ts'
import { Refusal } from '../errors/refusal.ts'

/** Checks when a denial ends: a change that stops nobody is a mistake. @throws {Refusal} `usage-wrong` */
export const checkDenyUntil = (until: Date, now: Date): Date => {
  if (until > now) return until
  throw new Refusal(
    'usage-wrong',
    `Cannot change the deny list: --until is ${until.toISOString()}, which is past.`,
  )
}

export type DenyWish =
  | { readonly action: 'deny'; readonly subject: DenySubject; readonly until: Date | undefined }
  | { readonly action: 'lift'; readonly subject: DenySubject }
  /** Adds users to an entry that is there. */
  | { readonly action: 'amend'; readonly subject: DenySubject; readonly users: readonly DropUser[] }

/** The author of a change of the deny list. A denial has a reason. */
export interface DenyAuthor extends Author {
  /** A UUID that names this run of the command. */
  readonly changeId: string
}

export interface DenyOutcome {
  /** False when the list was so already. */
  readonly changed: boolean
  /** The number of the last change of the list. */
  readonly number: number
  /** The entry by now; undefined where there is none. */
  readonly entry: DenyEntry | undefined
}

/** The most subjects of a list: an instance reads all of them twice a minute. */
export const maxDenyEntries = 5_000

/** For how long an entry is kept after it ended, so that a clock that is fast drops none that others still need. */
const keptMilliseconds = 86_400_000

/** The most entries that one change drops: a transaction has 100 rows. */
const maxDropped = 90

const isSame = (one: DenySubject, other: DenySubject): boolean =>
  one.kind === other.kind && one.value === other.value

const withUsers = (
  existing: DenyEntry,
  found: readonly DropUser[],
  { entries }: StoredDenyList,
): DenyEntry => {
  const room = maxUsersOfList - entries.reduce((count, { users }) => count + users.length, 0)
  const users = addUsers(existing.users, found, room)
  return users === existing.users ? existing : { ...existing, users }
}

/** The entry that a wish comes to; the one that is there where it changes nothing. */
const wishedEntry = (
  wish: DenyWish,
  { actor: by, now: at, reason }: DenyAuthor,
  { list, existing }: { readonly list: StoredDenyList; readonly existing: DenyEntry | undefined },
): Omit<DenyEntry, 'number'> | undefined => {
  if (wish.action === 'lift') return undefined
  if (wish.action === 'amend') return existing && withUsers(existing, wish.users, list)
  const { subject, until } = wish
  const isSo = existing?.reason === reason && existing.until?.getTime() === until?.getTime()
  if (existing && isSo) return existing
  // Whoever had the device when it was stopped before may have it no more.
  const users = existing && !hasEnded(existing, at) ? existing.users : []
  return { ...subject, reason, until, at, by, users }
}

const longEnded = (entries: readonly DenyEntry[], wish: DenyWish, now: Date): readonly DenyEntry[] =>
  entries
    .filter(({ until }) => until && now.getTime() >= until.getTime() + keptMilliseconds)
    .filter((entry) => !isSame(entry, wish.subject))
    .slice(0, maxDropped)

const checkRoom = (tenant: TenantId, count: number): void => {
  if (count < maxDenyEntries) return
  throw new Refusal(
    'deny-refused',
    `Cannot stop any more: the deny list of ${tenant} has ${count} entries, the limit is ${maxDenyEntries}. Lift some that are not needed any more first.`,
  )
}

/** The next change: no entry replaces one that somebody else wrote, because the head guards them all. */
const changeFor = (
  list: StoredDenyList,
  { action, subject }: DenyWish,
  { entry, author }: { readonly entry: Omit<DenyEntry, 'number'> | undefined; readonly author: DenyAuthor },
): DenyChange => {
  const { actor: by, now, reason, changeId } = author
  const number = (list.head?.number ?? 0) + 1
  const { until, users = [] } = entry ?? {}
  return { ...subject, number, action, reason, until, at: now, by, users, changeId }
}

const headWrite = (tenant: TenantId, { head }: StoredDenyList, change: DenyChange): Write => {
  const { number, changeId } = change
  const row = { partition: tenant, row: denyHeadRow, values: { number, changeId } }
  return head ? { kind: 'replace', row, etag: head.etag } : { kind: 'insert', row }
}

const removal = (tenant: TenantId, subject: DenySubject): Write => ({
  kind: 'remove',
  row: { partition: tenant, row: denyEntryRow(subject) },
})

const entryWrite = (tenant: TenantId, entry: DenyEntry, etag: string | undefined): Write => {
  const { kind, value, reason, until, at, by, number, users } = entry
  const row = entryRowOf(tenant, { kind, value, reason, until, at, by, number, users })
  return etag === undefined ? { kind: 'insert', row } : { kind: 'replace', row, etag }
}

/** A wish as it would be carried out on a list. */
interface Plan {
  readonly change: DenyChange
  readonly entry: DenyEntry | undefined
  readonly writes: readonly Write[]
}

/** What a list has of a subject. */
const existingOf = ({ entries }: StoredDenyList, subject: DenySubject): StoredDenyEntry | undefined =>
  entries.find((entry) => isSame(entry, subject))

/** An entry is numbered by its denial: whoever amends it leaves when and why it was stopped as it is. */
const entryAfter = (
  { action, number }: DenyChange,
  wished: Omit<DenyEntry, 'number'> | undefined,
  existing: DenyEntry | undefined,
): DenyEntry | undefined =>
  wished && { ...wished, number: action === 'amend' && existing ? existing.number : number }

const planFor = (
  tenant: TenantId,
  { list, wish }: { readonly list: StoredDenyList; readonly wish: DenyWish },
  author: DenyAuthor,
): Plan | undefined => {
  const existing = existingOf(list, wish.subject)
  const wished = wishedEntry(wish, author, { list, existing })
  if (wished === existing) return undefined
  const dropped = longEnded(list.entries, wish, author.now)
  if (wish.action === 'deny' && !existing) checkRoom(tenant, list.entries.length - dropped.length)
  const change = changeFor(list, wish, { entry: wished, author })
  const entry = entryAfter(change, wished, existing)
  const writes: readonly Write[] = [
    headWrite(tenant, list, change),
    { kind: 'insert', row: denyChangeRowOf(tenant, change) },
    entry ? entryWrite(tenant, entry, existing?.etag) : removal(tenant, wish.subject),
    ...dropped.map((one) => removal(tenant, one)),
  ]
  return { change, entry, writes }
}

/** A write that was done twice by a retry meets its own rows: the row of the change tells whose they are. */
const isOurs = async (
  tables: Tables,
  tenant: TenantId,
  { number, changeId }: DenyChange,
): Promise<boolean> => {
  const row = await tables.get('tenants', { partition: tenant, row: denyChangeRow(number) })
  return row?.values['changeId'] === changeId
}

/** Attempts at a change that others may overtake. */
const attempts = 10

/**
 * Changes a tenant's deny list in one transaction: head, change, entry. The version of the head guards it; whoever loses a
 * race changes what the winner left. What is so already is not written again, so that a command that was interrupted can
 * be run again.
 * @throws {Refusal} `deny-refused` when the list is full, `configuration-conflict` when too many others change it, or
 *   `tables-unavailable`
 */
export const changeDenyList = async (
  tables: Tables,
  { tenant, wish }: { readonly tenant: TenantId; readonly wish: DenyWish },
  author: DenyAuthor,
): Promise<DenyOutcome> => {
  for (let attempt = 1; attempt <= attempts; attempt++) {
    const list = await readDenyList(tables, tenant)
    const plan = planFor(tenant, { list, wish }, author)
    if (!plan) {
      const entry = existingOf(list, wish.subject)
      return { changed: false, number: list.head?.number ?? 0, entry }
    }
    const { change, entry, writes } = plan
    const isDoneNow = await tables.transact('tenants', writes)
    if (isDoneNow || (await isOurs(tables, tenant, change)))
      return { changed: true, number: change.number, entry }
  }
  throw new Refusal(
    'configuration-conflict',
    `Cannot change the deny list of ${tenant}: others change it all the time.`,
  )
}
