import { beforeEach, describe, expect, it } from 'vitest'
import type { StoredRow, Value } from '../../../lib/store/tables.ts'
import {
  denyChangeRowOf,
  doubtsAbout,
  newDenyChange,
  readDenyHistory,
} from '../../../lib/tenant/denyHistory.ts'
import { parseTenantId, type TenantId } from '../../../lib/tenant/tenantId.ts'
import { testTime, uniqueTenantId, watchedTestTables } from '../../world.ts'
import type { WatchedTables } from '../store/watchTables.ts'
import { after, aKey, alice, hour, laptop, lift, stop } from './denials.ts'

let tables: WatchedTables
let tenant: TenantId

/** Four changes: alice and the key are stopped after them. */
beforeEach(async () => {
  tables = await watchedTestTables()
  tenant = parseTenantId(uniqueTenantId())
  await stop(tables, { tenant, subject: alice })
  await stop(tables, { tenant, subject: laptop })
  await stop(tables, { tenant, subject: aKey }, { until: after(hour) })
  await lift(tables, { tenant, subject: laptop })
})

const doubts = async (now = testTime) => doubtsAbout(await readDenyHistory(tables, tenant), now)

const rowOf = async (start: string): Promise<StoredRow> => {
  const [row] = await tables.list('tenants', tenant, { only: { from: start, before: `${start}~` } })
  return row ?? expect.fail(`There is no row ${start}.`)
}

const alter = async (start: string, values: Readonly<Record<string, Value>>) => {
  const row = await rowOf(start)
  const changed = { ...row, values: { ...row.values, ...values } }
  expect(await tables.transact('tenants', [{ kind: 'replace', row: changed, etag: row.etag }])).toBe(true)
}

const erase = async (start: string) => tables.remove('tenants', await rowOf(start))

const aliceEntry = 'deny~entry~user~'

describe('doubtsAbout()', () => {
  it('has none about what Mayfly wrote', async () => {
    expect(await doubts()).toEqual([])
    const never = await readDenyHistory(tables, parseTenantId(uniqueTenantId()))
    expect(never.changes).toEqual([])
    expect(doubtsAbout(never, testTime)).toEqual([])
  })

  it.each([
    ['reason', { reason: 'another' }],
    ['author', { by: 'mallory' }],
    ['time', { at: '2026-03-02T10:00:01.000Z' }],
    ['end', { until: '2026-03-02T11:00:00.000Z' }],
    ['action', { action: 'lift' }],
    ['subject', { value: 'bob@contoso.example' }],
    ['run', { changeId: 'another' }],
    ['digest', { digest: '00'.repeat(32) }],
  ])('notices a change whose %s was altered', async (_, values) => {
    await alter('denial~00000001', values)
    expect(await doubts()).toContain('change 1 was altered, or one before it')
  })

  it('notices a change that was replaced by another with a digest of its own, by the next one', async () => {
    const { changes } = await readDenyHistory(tables, tenant)
    const [first = expect.fail('There is no change.')] = changes
    const forged = newDenyChange(tenant, { ...first, by: 'mallory' }, '')
    await alter('denial~00000001', denyChangeRowOf(tenant, forged).values)
    expect(await doubts()).toContain('change 2 was altered, or one before it')
  })

  it('notices an altered last change', async () => {
    await alter('denial~00000004', { reason: 'because' })
    expect(await doubts()).toEqual(['change 4 was altered, or one before it'])
  })

  it('notices a change that is missing, first, among others, or last', async () => {
    await erase('denial~00000004')
    expect(await doubts()).toContain('change 4 is missing')
    await erase('denial~00000002')
    expect(await doubts()).toContain('change 2 is missing')
    await erase('denial~00000001')
    expect(await doubts()).toContain('change 1 is missing')
  })

  it('notices a change that was not made', async () => {
    const row = await rowOf('denial~00000004')
    const values = { ...row.values, number: 5 }
    await tables.insert('tenants', { partition: tenant, row: 'denial~00000005', values })
    expect(await doubts()).toEqual(['change 5 was altered, or one before it'])
  })

  it('notices a list that was taken back to an earlier change', async () => {
    const digest = String((await rowOf('denial~00000003')).values['digest'])
    await alter('deny~current', { number: 3, digest })
    expect(await doubts()).toContain('change 4 is not one that was made')
  })

  it('notices the history of another tenant', async () => {
    const history = await readDenyHistory(tables, tenant)
    const other = { ...history, tenant: parseTenantId('other') }
    expect(doubtsAbout(other, testTime)).toContain('change 1 was altered, or one before it')
  })

  it('notices who was taken off the list', async () => {
    await erase(aliceEntry)
    expect(await doubts()).toEqual([
      'user alice@contoso.example was stopped by change 1 and is not on the list',
    ])
  })

  it('notices an entry whose end was altered', async () => {
    await alter(aliceEntry, { until: '2026-03-02T10:30:00.000Z' })
    expect(await doubts()).toEqual([
      'user alice@contoso.example is on the list otherwise than it was changed',
    ])
  })

  it('notices who was put on the list', async () => {
    const row = await rowOf('deny~entry~user~')
    await lift(tables, { tenant, subject: alice })
    await tables.insert('tenants', row)
    expect(await doubts()).toEqual([
      'user alice@contoso.example is on the list otherwise than it was changed',
    ])
  })

  it('does not miss an entry that ended', async () => {
    await erase('deny~entry~key~')
    expect(await doubts()).toHaveLength(1)
    expect(await doubts(after(hour))).toEqual([])
  })
})

describe('readDenyHistory()', () => {
  it('reads changes, head and entries in one query', async () => {
    tables.calls.length = 0
    const { changes, entries, head } = await readDenyHistory(tables, tenant)
    expect(tables.calls).toEqual([{ method: 'list', table: 'tenants' }])
    expect([changes.length, entries.length, head?.number]).toEqual([4, 2, 4])
  })

  it('reads again when a change came between its pages', async () => {
    let reads = 0
    const torn = {
      ...tables,
      async list(...args: Parameters<WatchedTables['list']>) {
        const rows = await tables.list(...args)
        reads += 1
        return reads === 1 ? rows.filter(({ row }) => row !== 'denial~00000004') : rows
      },
    }
    const history = await readDenyHistory(torn, tenant)
    expect(reads).toBe(2)
    expect(doubtsAbout(history, testTime)).toEqual([])
  })
})
