import { beforeEach, describe, expect, it } from 'vitest'
import type { DenySubject } from '../../../lib/tenant/denyEntry.ts'
import { type Applicant, type DenyLists, openDenyLists } from '../../../lib/tenant/denyList.ts'
import { parseTenantId, type TenantId } from '../../../lib/tenant/tenantId.ts'
import { testTime, uniqueTenantId, watchedTestTables } from '../../world.ts'
import type { WatchedTables } from '../store/watchTables.ts'
import {
  after,
  aKey,
  alice,
  type ChangeOptions,
  hour,
  laptop,
  lift,
  stop,
  userOf,
  writeEntries,
} from './denials.ts'

let now: Date
let tables: WatchedTables
let lists: DenyLists
let tenant: TenantId

beforeEach(async () => {
  now = testTime
  tables = await watchedTestTables()
  lists = openDenyLists(tables, () => now)
  tenant = parseTenantId(uniqueTenantId())
})

const deny = (subject: DenySubject, options?: ChangeOptions) => stop(tables, { tenant, subject }, options)

/** Nobody whom these tests stop. */
const bob: Applicant = {
  upn: 'bob@contoso.example',
  deviceId: '11111111-2222-4333-8444-555555555555',
  keyHash: 'cd'.repeat(32),
  namesDevices: true,
}

const check = async (changes: Partial<Applicant> = {}, at = now): Promise<void> =>
  (await lists.resolve(tenant)).check({ ...bob, ...changes }, at)

const numberOf = async (): Promise<number> => (await lists.resolve(tenant)).number

describe('the deny list', () => {
  it('is empty, and has the number 0, before the first change', async () => {
    expect(await numberOf()).toBe(0)
    await check()
  })

  it('stops a user, a device and a key, and nobody else', async () => {
    for (const subject of [alice, laptop, aKey]) await deny(subject)
    expect(await numberOf()).toBe(3)
    await check()
    await expect(check({ upn: alice.value })).toRefuse(
      'denied',
      /^Cannot enroll: an administrator stopped the user\.$/,
    )
    await expect(check({ deviceId: laptop.value })).toRefuse('denied', /stopped the device\.$/)
    await expect(check({ keyHash: aKey.value })).toRefuse('denied', /stopped the key\.$/)
  })

  it('stops a guest in either spelling of the name, by the later end of the two', async () => {
    const [hash, line] = ['x_a.example#ext#@contoso.example', 'x_a.example_ext_@contoso.example']
    await deny({ kind: 'user', value: hash })
    await expect(check({ upn: line })).toRefuse('denied')
    await deny({ kind: 'user', value: line }, { until: after(hour) })
    for (const upn of [hash, line]) await expect(check({ upn }, after(2 * hour))).toRefuse('denied')
  })

  it('takes no value of one kind for one of another', async () => {
    for (const subject of [alice, laptop, aKey]) await deny(subject)
    await check({ upn: laptop.value })
    await check({ deviceId: aKey.value })
    await check({ keyHash: alice.value })
    await check({ upn: '__proto__', deviceId: 'constructor', keyHash: 'toString' })
  })

  it('is that of its tenant alone', async () => {
    await deny(alice)
    const other = parseTenantId(tenant.slice(0, -1))
    const list = await lists.resolve(other)
    expect(list.number).toBe(0)
    list.check({ ...bob, upn: alice.value }, now)
  })

  it('tells until when somebody is stopped, and never why or by whom', async () => {
    await deny(alice, { until: new Date('2026-03-02T18:00:00Z'), reason: 'suspected leaver', by: 'carol' })
    await expect(check({ upn: alice.value })).toRefuse(
      'denied',
      /^Cannot enroll: an administrator stopped the user until 2026-03-02T18:00:00Z\.$/,
    )
  })

  it('stops until the last millisecond and not at the end itself', async () => {
    await deny(alice, { until: after(8 * hour) })
    await expect(check({ upn: alice.value }, after(8 * hour - 1))).toRefuse('denied')
    await check({ upn: alice.value }, after(8 * hour))
  })

  it('goes by the latest change of a subject', async () => {
    await deny(alice, { until: after(hour) })
    await deny(alice, { until: after(3 * hour) })
    await expect(check({ upn: alice.value }, after(2 * hour))).toRefuse('denied')
    await deny(alice)
    now = after(60_000)
    await expect(check({ upn: alice.value }, after(9_999 * hour))).toRefuse('denied')
    await lift(tables, { tenant, subject: alice })
    now = after(120_000)
    await check({ upn: alice.value })
    expect(await numberOf()).toBe(4)
  })

  it('lets nobody in who is stopped by a clock that cannot be read', async () => {
    await deny(alice, { until: after(hour) })
    await expect(check({ upn: alice.value }, new Date(Number.NaN))).toRefuse('denied')
  })
})

describe('a token that names no device', () => {
  const unnamed = { deviceId: undefined }

  it('is refused while any device is stopped, where it should name one', async () => {
    await deny(laptop)
    await expect(check(unnamed)).toRefuse('denied', /the token does not name its device/)
  })

  it('is not refused for users and keys that are stopped, or devices that are not any more', async () => {
    await deny(alice)
    await deny(aKey)
    await deny(laptop, { until: after(hour) })
    await expect(check(unnamed, after(hour - 1))).toRefuse('denied')
    await check(unnamed, after(hour))
  })

  it('is refused until the last of several devices is not stopped any more', async () => {
    for (const [index, hours] of [2, 3, 1].entries())
      await deny(
        { kind: 'device', value: `${laptop.value.slice(0, -1)}${index}` },
        { until: after(hours * hour) },
      )
    await expect(check(unnamed, after(3 * hour - 1))).toRefuse('denied')
    await check(unnamed, after(3 * hour))
  })

  it('is not refused where tokens of its issuer name no devices', async () => {
    await deny(laptop)
    await check({ ...unnamed, namesDevices: false })
  })
})

describe('openDenyLists()', () => {
  it('reads head and entries in one query, and nothing while they are fresh', async () => {
    await deny(alice)
    tables.calls.length = 0
    await Promise.all(Array.from({ length: 20 }, () => numberOf()))
    now = after(14_999)
    await numberOf()
    expect(tables.calls).toEqual([{ method: 'list', table: 'tenants' }])
  })

  it('keeps an empty list as it keeps any other', async () => {
    await Promise.all(Array.from({ length: 20 }, () => numberOf()))
    now = after(14_999)
    await numberOf()
    expect(tables.calls).toHaveLength(1)
  })

  it('stops a user within 30 s, also where there was no list before', async () => {
    await check({ upn: alice.value })
    await deny(alice)
    await check({ upn: alice.value }, after(29_999))
    now = after(30_000)
    await expect(check({ upn: alice.value })).toRefuse('denied')
  })

  it('lets a user in again within 30 s after the lift', async () => {
    await deny(alice)
    await expect(check({ upn: alice.value })).toRefuse('denied')
    await lift(tables, { tenant, subject: alice })
    now = after(30_000)
    await check({ upn: alice.value })
  })

  it('goes on for less than 60 s while the tables are down, and then refuses everybody', async () => {
    await deny(alice)
    await check()
    tables.fault = () => 'failed'
    now = after(59_999)
    await check()
    await expect(check({ upn: alice.value })).toRefuse('denied')
    now = after(60_000)
    await expect(check()).toRefuse('tables-unavailable')
    now = after(60_001)
    await expect(check()).toRefuse('tables-unavailable')
    tables.fault = () => undefined
    await check()
  })

  it('serves no list that grew too old between two attempts to read it', async () => {
    await check()
    tables.fault = () => 'failed'
    // The failed attempt puts the next one off by 2 s.
    now = after(59_000)
    await check()
    now = after(60_000)
    await expect(check()).toRefuse('tables-unavailable')
  })

  it('refuses everybody when the tables were down from the start', async () => {
    tables.fault = () => 'failed'
    await expect(check()).toRefuse('tables-unavailable')
    tables.fault = () => undefined
    await check()
  })

  it('reads a list of more than one page whole', async () => {
    await writeEntries(tables, tenant, { count: 1_001, until: undefined })
    await deny(alice)
    await check()
    const users = Array.from({ length: 1_001 }, (_, index) => userOf(index))
    for (const { value } of [...users, alice]) await expect(check({ upn: value })).toRefuse('denied')
  })
})

describe('rows that Mayfly did not write', () => {
  const entryRow = async () => {
    const rows = await tables.list('tenants', tenant, {
      only: { from: 'deny~entry~', before: 'deny~entry~~' },
    })
    return rows[0] ?? expect.fail('There is no entry.')
  }

  it.each([
    ['another user', { value: 'Alice@contoso.example' }],
    ['another kind', { kind: 'device' }],
    ['a kind that is not known', { kind: 'group' }],
    ['an end that is no time', { until: 'tomorrow' }],
    ['no end', { until: null }],
  ])('let nobody in: %s', async (_, values) => {
    await deny(alice)
    const row = await entryRow()
    const changed = { ...row, values: { ...row.values, ...values } as typeof row.values }
    await tables.transact('tenants', [{ kind: 'replace', row: changed, etag: row.etag }])
    await expect(check()).rejects.toThrow(/^The row deny~entry~user~[0-9a-f]{64} of a deny list is not what/)
  })

  it('let nobody in: entries without their head', async () => {
    await deny(alice)
    await tables.remove('tenants', { partition: tenant, row: 'deny~current' })
    await expect(check()).rejects.toThrow(/is not what was written/)
  })
})
