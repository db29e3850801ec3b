import { randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import type { DropUser } from '../../../lib/drops/dropList.ts'
import type { Tables, Write } from '../../../lib/store/tables.ts'
import { changeDenyList, type DenyOutcome } from '../../../lib/tenant/changeDenyList.ts'
import {
  type DenyEntry,
  denyHeadRow,
  type DenySubject,
  entryRowOf,
  hasEnded,
} from '../../../lib/tenant/denyEntry.ts'
import type { DenyChange, DenyHistory } from '../../../lib/tenant/denyHistory.ts'
import type { TenantId } from '../../../lib/tenant/tenantId.ts'
import { testUser } from '../../tokens.ts'
import { tester, testTime } from '../../world.ts'

export const alice: DenySubject = { kind: 'user', value: testUser.upn.toLowerCase() }
export const laptop: DenySubject = { kind: 'device', value: testUser.deviceId }
export const aKey: DenySubject = { kind: 'key', value: 'ab'.repeat(32) }

/** What of a change a test chooses. */
export interface ChangeOptions {
  readonly reason?: string
  readonly until?: Date
  readonly now?: Date
  readonly by?: string
}

const authorOf = ({ now = testTime, by, reason = '' }: ChangeOptions) => ({
  ...tester(now, by),
  reason,
  changeId: randomUUID(),
})

type Told = Pick<DenyOutcome, 'changed' | 'number'>

const toldOf = ({ changed, number }: DenyOutcome): Told => ({ changed, number })

/** Stops a subject. */
export const stop = async (
  tables: Tables,
  { tenant, subject }: { readonly tenant: TenantId; readonly subject: DenySubject },
  options: ChangeOptions = {},
): Promise<Told> => {
  const { reason = 'the laptop is lost', until } = options
  const author = authorOf({ ...options, reason })
  return toldOf(await changeDenyList(tables, { tenant, wish: { action: 'deny', subject, until } }, author))
}

/** Lifts a subject. */
export const lift = async (
  tables: Tables,
  { tenant, subject }: { readonly tenant: TenantId; readonly subject: DenySubject },
  options: ChangeOptions = {},
): Promise<Told> =>
  toldOf(await changeDenyList(tables, { tenant, wish: { action: 'lift', subject } }, authorOf(options)))

/** A time this many milliseconds after `testTime`. */
export const after = (milliseconds: number): Date => new Date(testTime.getTime() + milliseconds)

export const hour = 3_600_000

/** A user, of many. */
export const userOf = (index: number): DenySubject => ({
  kind: 'user',
  value: `user${index}@contoso.example`,
})

/** Writes a list of many users, without its history: no command stops many at once. */
export const writeEntries = async (
  tables: Tables,
  tenant: TenantId,
  {
    count,
    until,
    users = [],
  }: { readonly count: number; readonly until: Date | undefined; readonly users?: readonly DropUser[] },
): Promise<void> => {
  const told = { reason: 'r', until, at: testTime, by: tester(testTime).actor, number: 1, users }
  const entries = Array.from({ length: count }, (_, index): Write => {
    const row = entryRowOf(tenant, { ...told, ...userOf(index) })
    return { kind: 'insert', row }
  })
  const head = { partition: tenant, row: denyHeadRow, values: { number: 1, changeId: '' } }
  const writes: readonly Write[] = [{ kind: 'insert', row: head }, ...entries]
  for (let start = 0; start < writes.length; start += 100)
    expect(await tables.transact('tenants', writes.slice(start, start + 100))).toBe(true)
}

/** Adds users to a subject. */
export const amend = (
  tables: Tables,
  { tenant, subject }: { readonly tenant: TenantId; readonly subject: DenySubject },
  { users, ...options }: ChangeOptions & { readonly users: readonly DropUser[] },
): Promise<DenyOutcome> =>
  changeDenyList(tables, { tenant, wish: { action: 'amend', subject, users } }, authorOf(options))

const told = ({ kind, value, number, reason, until, at, by, users }: DenyEntry) =>
  JSON.stringify([kind, value, number, reason, until, at, by, users])

/** What a subject comes to: a denial, with the users that were added to it since. */
const latestOf = (changes: readonly DenyChange[]): ReadonlyMap<string, DenyChange> => {
  const latest = new Map<string, DenyChange>()
  for (const change of changes) {
    const name = `${change.kind} ${change.value}`
    const before = latest.get(name)
    latest.set(name, change.action === 'amend' && before ? { ...before, users: change.users } : change)
  }
  return latest
}

/** What of a list is not what its changes come to: the last one of each subject, unless it lifted it; what ended may be gone. */
export const misfits = ({ changes, entries }: DenyHistory, now = testTime): readonly string[] => {
  const standing = [...latestOf(changes).values()].filter(({ action }) => action === 'deny')
  const gaps = changes.filter(({ number }, index) => number !== index + 1).map(told)
  const missing = standing.filter((change) => !hasEnded(change, now)).map(told)
  const listed = entries.map(told)
  return [
    ...gaps,
    ...missing.filter((one) => !listed.includes(one)),
    ...listed.filter((one) => !standing.map(told).includes(one)),
  ]
}
