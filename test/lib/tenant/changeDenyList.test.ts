import fc from 'fast-check'
import '../../fastCheck.ts'
import { randomUUID } from 'node:crypto'
import { beforeEach, describe, expect, it } from 'vitest'
import { memoryTables } from '../../memoryTables.ts'
import type { Tables } from '../../../lib/store/tables.ts'
import {
  type DenyAuthor,
  type DenyWish,
  changeDenyList,
  checkDenyUntil,
} from '../../../lib/tenant/changeDenyList.ts'
import { type DenySubject, hasEnded, readDenyList } from '../../../lib/tenant/denyEntry.ts'
import { readDenyHistory } from '../../../lib/tenant/denyHistory.ts'
import { openDenyLists } from '../../../lib/tenant/denyList.ts'
import { currentRevision } from '../../../lib/tenant/revision.ts'
import { parseTenantId, type TenantId } from '../../../lib/tenant/tenantId.ts'
import { fuzzRuns } from '../../fuzzRuns.ts'
import { genericTrust, tenantDocument } from '../../tenants.ts'
import { applyDocument, tester, testTime, uniqueTenantId, watchedTestTables } from '../../world.ts'
import type { TablesFault, WatchedTables } from '../store/watchTables.ts'
import {
  after,
  aKey,
  alice,
  amend,
  type ChangeOptions,
  hour,
  laptop,
  lift,
  misfits,
  stop,
  userOf,
  writeEntries,
} from './denials.ts'

let tables: WatchedTables
let tenant: TenantId

beforeEach(async () => {
  tables = await watchedTestTables()
  tenant = parseTenantId(uniqueTenantId())
})

const deny = (subject: DenySubject, options?: ChangeOptions) => stop(tables, { tenant, subject }, options)
const undo = (subject: DenySubject, options?: ChangeOptions) => lift(tables, { tenant, subject }, options)
const history = () => readDenyHistory(tables, tenant)

/** Names of the subjects on the list, and of the changes, each with its number. */
const state = async () => {
  const { changes, entries } = await history()
  return {
    entries: entries.map(({ kind, number }) => `${kind} ${number}`).toSorted(),
    changes: changes.map(({ number, action, kind }) => `${number} ${action} ${kind}`),
    doubts: misfits(await history()),
  }
}

describe('changeDenyList()', () => {
  it('keeps each change with who, when, why and until when', async () => {
    const until = after(8 * hour)
    expect(await deny(alice, { until, by: 'carol' })).toEqual({ changed: true, number: 1 })
    const told = {
      ...alice,
      reason: 'the laptop is lost',
      until,
      at: testTime,
      by: { kind: 'local', name: 'carol' },
      number: 1,
      users: [],
    }
    const { changes, entries } = await history()
    expect(entries).toEqual([{ ...told, etag: expect.any(String) }])
    expect(changes).toEqual([{ ...told, action: 'deny', changeId: expect.any(String) }])
    expect(await undo(alice, { by: 'dave', reason: 'found', now: after(hour) })).toEqual({
      changed: true,
      number: 2,
    })
    const later = await history()
    expect(later.entries).toEqual([])
    expect(later.changes[0]).toEqual(changes[0])
    expect(later.changes[1]).toMatchObject({
      ...alice,
      number: 2,
      action: 'lift',
      reason: 'found',
      until: undefined,
      at: after(hour),
      by: { kind: 'local', name: 'dave' },
    })
  })

  it('changes nothing that is so already', async () => {
    expect(await undo(alice)).toEqual({ changed: false, number: 0 })
    expect(await tables.list('tenants', tenant)).toEqual([])
    await deny(alice, { until: after(hour) })
    const rows = await tables.list('tenants', tenant)
    const again = { until: after(hour), now: after(60_000), by: 'somebody else' }
    expect(await deny(alice, again)).toEqual({ changed: false, number: 1 })
    expect(await undo(laptop)).toEqual({ changed: false, number: 1 })
    expect(await tables.list('tenants', tenant)).toEqual(rows)
  })

  it.each([
    ['another reason', { reason: 'a leaver', until: after(hour) }],
    ['another end', { until: after(2 * hour) }],
    ['no end', {}],
  ])('makes a new change of %s', async (_, options) => {
    await deny(alice, { until: after(hour) })
    expect(await deny(alice, options)).toEqual({ changed: true, number: 2 })
    expect(await state()).toEqual({
      entries: ['user 2'],
      changes: ['1 deny user', '2 deny user'],
      doubts: [],
    })
  })

  it('leaves the configuration of the tenant alone, and is left alone by it', async () => {
    const documentOf = (url: string) =>
      tenantDocument(tenant, [
        genericTrust({ url: `https://issuer.example/${url}`, audience: 'api://mayfly' }),
      ])
    await deny(alice)
    await applyDocument(tables, documentOf(`${tenant}/a`))
    await deny(laptop)
    await applyDocument(tables, documentOf(`${tenant}/b`))
    expect((await currentRevision(tables, tenant))?.number).toBe(2)
    expect(await state()).toMatchObject({ entries: ['device 2', 'user 1'], doubts: [] })
  })

  it('drops what ended a day ago with the next change, and keeps the history of it', async () => {
    await deny(alice, { until: after(hour) })
    await deny(aKey, { until: after(2 * hour) })
    await deny(laptop, { now: after(25 * hour) })
    expect(await state()).toMatchObject({ entries: ['device 3', 'key 2'] })
    await undo(laptop, { now: after(27 * hour) })
    const { changes, entries } = await history()
    expect(entries).toEqual([])
    expect(changes).toHaveLength(4)
    expect(misfits(await history(), after(27 * hour))).toEqual([])
  })

  it('drops no more with one change than a transaction takes', async () => {
    await writeEntries(tables, tenant, { count: 150, until: after(hour) })
    await deny(alice, { now: after(100 * hour) })
    expect((await readDenyList(tables, tenant)).entries).toHaveLength(61)
    await deny(laptop, { now: after(100 * hour) })
    expect((await readDenyList(tables, tenant)).entries).toHaveLength(2)
  })

  it('stops anew whom it had not dropped yet', async () => {
    await deny(alice, { until: after(hour) })
    await deny(alice, { now: after(100 * hour), reason: 'again' })
    await undo(alice, { now: after(200 * hour) })
    expect(await state()).toMatchObject({
      entries: [],
      changes: ['1 deny user', '2 deny user', '3 lift user'],
    })
  })
})

describe('an amendment', () => {
  const ada = { upn: 'ada@contoso.example', objectId: 'abc' }
  const bob = { upn: 'bob@contoso.example', objectId: undefined }
  const add = (users: readonly (typeof ada | typeof bob)[], options: ChangeOptions = {}) =>
    amend(tables, { tenant, subject: laptop }, { users, ...options })

  it('adds users to a denial, and leaves of it who, when, why and until when', async () => {
    const until = after(8 * hour)
    await deny(laptop, { until, by: 'carol' })
    const [before] = (await history()).entries
    expect(await add([ada], { now: after(hour), by: 'dave', reason: 'found' })).toMatchObject({
      changed: true,
      number: 2,
      entry: { number: 1, users: [ada] },
    })
    const { entries, changes } = await history()
    expect(entries).toEqual([{ ...before, users: [ada], etag: expect.any(String) }])
    expect(changes[1]).toMatchObject({
      ...laptop,
      action: 'amend',
      number: 2,
      until,
      at: after(hour),
      by: { name: 'dave' },
      users: [ada],
    })
    expect(await add([bob])).toMatchObject({ changed: true, number: 3, entry: { users: [ada, bob] } })
    expect((await state()).doubts).toEqual([])
    const [row] = await tables.list('tenants', tenant, { only: { from: 'deny~entry', before: 'deny~f' } })
    expect(Object.keys(row?.values ?? {})).not.toContain('etag')
  })

  it('changes nothing where all are known, nobody is given, or nobody is stopped', async () => {
    expect(await add([ada])).toEqual({ changed: false, number: 0, entry: undefined })
    await deny(laptop)
    await add([ada])
    for (const users of [[ada], []]) expect(await add(users)).toMatchObject({ changed: false, number: 2 })
    await undo(laptop)
    expect(await add([ada])).toEqual({ changed: false, number: 3, entry: undefined })
    expect(await state()).toMatchObject({ entries: [], doubts: [] })
  })

  it('outlives another denial while it is in force, and no other', async () => {
    const users = async () => (await history()).entries.map((entry) => entry.users)
    await deny(laptop, { until: after(hour) })
    await add([ada])
    await deny(laptop, { until: after(2 * hour), now: after(hour - 1) })
    expect(await users()).toEqual([[ada]])
    await deny(laptop, { until: after(9 * hour), now: after(2 * hour) })
    expect(await users()).toEqual([[]])
    await add([bob])
    await undo(laptop)
    await deny(laptop)
    expect(await users()).toEqual([[]])
  })

  it('adds no more users than a list may have', async () => {
    const memory = await emptyTables()
    const crowd = Array.from({ length: 80 }, (_, index) => ({ ...bob, upn: `user${index}@contoso.example` }))
    await writeEntries(memory, tenant, { count: 250, until: undefined, users: crowd })
    await stop(memory, { tenant, subject: laptop })
    const full = await amend(memory, { tenant, subject: laptop }, { users: [ada] })
    expect(full).toMatchObject({ changed: false, entry: { users: [] } })
    await lift(memory, { tenant, subject: userOf(0) })
    const again = await amend(memory, { tenant, subject: laptop }, { users: [ada] })
    expect(again).toMatchObject({ changed: true, entry: { users: [ada] } })
  })
})

const emptyTables = async (): Promise<Tables> => {
  const memory = memoryTables()
  await memory.create(['tenants'])
  return memory
}

describe('a list of 5,000 entries', () => {
  it('takes no more until one is lifted, or ended ones can be dropped', async () => {
    const memory = await emptyTables()
    await writeEntries(memory, tenant, { count: 5_000, until: after(hour) })
    const more = { tenant, subject: alice }
    await expect(stop(memory, more)).toRefuse(
      'deny-refused',
      /has 5000 entries, the limit is 5000\. Lift some/,
    )
    // Those that are on it can be changed all the same.
    expect(await stop(memory, { tenant, subject: userOf(0) })).toEqual({ changed: true, number: 2 })
    await lift(memory, { tenant, subject: userOf(0) })
    expect(await stop(memory, more)).toEqual({ changed: true, number: 4 })
    await expect(stop(memory, { tenant, subject: laptop })).toRefuse('deny-refused')
    expect(await stop(memory, { tenant, subject: laptop }, { now: after(100 * hour) })).toMatchObject({
      changed: true,
    })
  })
})

describe('several administrators at once', () => {
  it('make all their changes, numbered one after the other', async () => {
    const users = Array.from({ length: 6 }, (_, index) => userOf(index))
    const outcomes = await Promise.all(users.map((subject) => deny(subject)))
    expect(outcomes.map(({ number }) => number).toSorted((one, other) => one - other)).toEqual([
      1, 2, 3, 4, 5, 6,
    ])
    expect(await state()).toEqual({
      entries: [1, 2, 3, 4, 5, 6].map((number) => `user ${number}`),
      changes: [1, 2, 3, 4, 5, 6].map((number) => `${number} deny user`),
      doubts: [],
    })
  })

  it('who stop and lift the same user leave a list that their changes come to', async () => {
    await deny(alice)
    await Promise.all([undo(alice), deny(alice, { reason: 'b' }), deny(alice, { reason: 'c' }), undo(alice)])
    expect(misfits(await history())).toEqual([])
  })

  it('who want the same make one change', async () => {
    const outcomes = await Promise.all([deny(alice), deny(alice), deny(alice)])
    expect(outcomes.filter(({ changed }) => changed)).toHaveLength(1)
    expect(await state()).toMatchObject({ changes: ['1 deny user'], entries: ['user 1'] })
  })

  it('change what the other left when only the head tells that somebody was there', async () => {
    await deny(alice)
    let rounds = 0
    const rival: Tables = {
      ...tables,
      async transact(table, writes) {
        rounds += 1
        const key = { partition: tenant, row: 'deny~current' }
        const head = (await tables.get(table, key)) ?? expect.fail('There is no head.')
        if (rounds === 1) await tables.transact(table, [{ kind: 'replace', row: head, etag: head.etag }])
        return tables.transact(table, writes)
      },
    }
    expect(await stop(rival, { tenant, subject: laptop })).toEqual({ changed: true, number: 2 })
    expect(rounds).toBe(2)
  })

  it('are told when others are faster each time', async () => {
    let rounds = 0
    const rival: Tables = {
      ...tables,
      async transact(table, writes) {
        rounds += 1
        await deny(alice, { reason: `round ${rounds}` })
        return tables.transact(table, writes)
      },
    }
    await expect(stop(rival, { tenant, subject: laptop })).toRefuse('configuration-conflict')
    expect(rounds).toBe(10)
    expect(await state()).toMatchObject({ entries: ['user 10'] })
  })
})

describe('a change that goes wrong', () => {
  /** Lets the nth call of a method go wrong. */
  const failAt = (method: string, fault: TablesFault, nth = 1) => {
    let calls = 0
    tables.fault = (call) => (call.method === method && ++calls === nth ? fault : undefined)
  }

  const cases = [
    ['the first denial', [], alice, 'deny'],
    ['a second denial', [alice], laptop, 'deny'],
    ['a denial of who is stopped', [alice], alice, 'deny'],
    ['a lift', [alice], alice, 'lift'],
  ] as const

  describe.each(cases)('%s', (_, earlier, subject, action) => {
    const act = () =>
      action === 'deny' ? deny(subject, { reason: 'new', now: after(1) }) : undo(subject, { now: after(1) })

    beforeEach(async () => {
      for (const one of earlier) await deny(one)
    })

    it('is not done when the read failed', async () => {
      const before = await tables.list('tenants', tenant)
      failAt('list', 'failed')
      await expect(act()).toRefuse('tables-unavailable')
      tables.fault = () => undefined
      expect(await tables.list('tenants', tenant)).toEqual(before)
    })

    it('is done whole by running it again when the write failed', async () => {
      const before = await tables.list('tenants', tenant)
      failAt('transact', 'failed')
      await expect(act()).toRefuse('tables-unavailable')
      tables.fault = () => undefined
      expect(await tables.list('tenants', tenant)).toEqual(before)
      expect(await act()).toEqual({ changed: true, number: earlier.length + 1 })
      expect((await state()).doubts).toEqual([])
    })

    it('is done once when the write failed but persisted and it is run again', async () => {
      failAt('transact', 'failed but persisted')
      await expect(act()).toRefuse('tables-unavailable')
      tables.fault = () => undefined
      const done = await tables.list('tenants', tenant)
      expect(await act()).toEqual({ changed: false, number: earlier.length + 1 })
      expect(await tables.list('tenants', tenant)).toEqual(done)
      expect((await state()).doubts).toEqual([])
    })

    /** As the SDK does when the reply to its first try is lost. */
    const repeating = (between: () => Promise<unknown> = () => Promise.resolve()): Tables => ({
      ...tables,
      async transact(table, writes) {
        await tables.transact(table, writes)
        await between()
        return tables.transact(table, writes)
      },
    })

    const actOn = (other: Tables) => {
      const target = { tenant, subject }
      return action === 'deny' ? stop(other, target, { reason: 'new' }) : lift(other, target)
    }

    it('is done once when the reply was lost and the SDK repeats the write', async () => {
      expect(await actOn(repeating())).toEqual({ changed: true, number: earlier.length + 1 })
      expect((await state()).changes).toHaveLength(earlier.length + 1)
      expect((await state()).doubts).toEqual([])
    })

    it('is known as done also when somebody else changed the list before the repeated write', async () => {
      const outcome = await actOn(repeating(() => deny(aKey)))
      expect(outcome).toEqual({ changed: true, number: earlier.length + 1 })
      expect((await state()).changes).toHaveLength(earlier.length + 2)
      expect((await state()).doubts).toEqual([])
    })
  })

  it('by a defect is told as it is', async () => {
    failAt('transact', new TypeError('a defect'))
    await expect(deny(alice)).rejects.toThrow('a defect')
  })
})

describe('any changes', () => {
  const subjects: readonly DenySubject[] = [
    alice,
    laptop,
    aKey,
    { kind: 'user', value: 'bob@contoso.example' },
  ]
  const step = fc.record({
    subject: fc.constantFrom(...subjects),
    /** Hours after the change; 0 for a denial without an end, -1 for a lift, -2 for an amendment. */
    hours: fc.integer({ min: -2, max: 60 }),
    users: fc.array(fc.constantFrom('ada', 'bob', 'eve'), { maxLength: 2 }),
    reason: fc.constantFrom('a', 'b'),
    /** Hours since the change before. */
    later: fc.integer({ min: 0, max: 40 }),
  })

  it('come to the list that they fold to, and every list fits its history', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
        const memory = await emptyTables()
        /** The last denial of each subject, by the test's own reckoning. */
        const model = new Map<string, Date | undefined>()
        let now = testTime
        let number = 0
        for (const { subject, hours, reason, later, users: names } of steps) {
          now = new Date(now.getTime() + later * hour)
          const until = hours === 0 ? undefined : new Date(now.getTime() + hours * hour)
          const users = names.map((upn) => ({ upn, objectId: undefined }))
          const lifted: DenyWish =
            hours === -1 ? { action: 'lift', subject } : { action: 'amend', subject, users }
          const wish: DenyWish = hours < 0 ? lifted : { action: 'deny', subject, until }
          const author: DenyAuthor = { ...tester(now), reason, changeId: randomUUID() }
          const outcome = await changeDenyList(memory, { tenant, wish }, author)
          if (outcome.changed) number += 1
          expect(outcome.number).toBe(number)
          if (hours === -1) model.delete(subject.value)
          else if (hours >= 0) model.set(subject.value, until)
          else if (outcome.entry) expect(outcome.entry.users).toEqual(expect.arrayContaining(users))
        }
        const found = await readDenyHistory(memory, tenant)
        expect(misfits(found, now)).toEqual([])
        const live = found.entries.filter((entry) => !hasEnded(entry, now))
        const expected = [...model].filter(([, until]) => !hasEnded({ until }, now))
        expect(new Map(live.map(({ value, until }) => [value, until]))).toEqual(new Map(expected))
        const list = await openDenyLists(memory, () => now).resolve(tenant)
        const unknown = { upn: 'eve@contoso.example', deviceId: '0', keyHash: '0', namesDevices: true }
        for (const { kind, value } of subjects) {
          const property = { user: 'upn', device: 'deviceId', key: 'keyHash' }[kind]
          const check = () => list.check({ ...unknown, [property]: value }, now)
          if (expected.some(([name]) => name === value)) expect(check).toRefuse('denied')
          else check()
        }
      }),
      { numRuns: fuzzRuns(100) },
    )
  })
})

describe('checkDenyUntil()', () => {
  it('takes a time in the future alone', () => {
    expect(checkDenyUntil(after(1), testTime)).toEqual(after(1))
    for (const time of [testTime, after(-1)])
      expect(() => checkDenyUntil(time, testTime)).toRefuse('usage-wrong', /which is past/)
  })
})
