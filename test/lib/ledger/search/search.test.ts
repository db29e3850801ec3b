import { beforeAll, describe, expect, it } from 'vitest'
import type { Entry } from '../../../../lib/ledger/record/entry.ts'
import { issuanceTables, refusalTables } from '../../../../lib/ledger/search/keptTables.ts'
import { searchIssuances, inOrderWhileFew, searchOne } from '../../../../lib/ledger/search/searchIssuances.ts'
import { searchRefusals, mergeInOrder } from '../../../../lib/ledger/search/searchRefusals.ts'
import type { Tables } from '../../../../lib/store/tables.ts'
import { testTables } from '../../../azurite.ts'
import { testTime, uniqueTenantId } from '../../../world.ts'
import { tablesDown } from '../../store/watchTables.ts'
import {
  issuanceRow,
  refusalRow,
  rowTime,
  someIssuance,
  someRefusal,
  storeIssuances,
  storeRefusals,
  storeRows,
  watchScans,
} from '../storedRows.ts'

let tables: Tables
beforeAll(async () => {
  tables = await testTables(testTime)
})

const always = { since: undefined, until: undefined }
const deaf = { onUnreadable: () => expect.unreachable() }
const millisecond = (offset: number) => new Date(rowTime.getTime() + offset)

/** Searches in all tables of the period. */
const issuances = async function* (
  tenant: string,
  changes: Partial<Parameters<typeof searchIssuances>[1]> = {},
  searched = tables,
) {
  const { names } = await issuanceTables(searched, { ...always, ...changes })
  yield* searchIssuances(searched, { tenant, names, filter: {}, watcher: deaf, ...always, ...changes })
}

const refusals = async function* (
  tenant: string,
  changes: Partial<Parameters<typeof searchRefusals>[1]> = {},
  searched = tables,
) {
  const { names } = await refusalTables(searched, { ...always, ...changes })
  yield* searchRefusals(searched, { tenant, names, filter: {}, watcher: deaf, ...always, ...changes })
}

const serials = async (found: AsyncIterable<{ entry: Entry }>): Promise<readonly string[]> =>
  (await Array.fromAsync(found)).map(({ entry }) => entry.serialNumber).toSorted()

const serialsOf = (entries: readonly Entry[]) => entries.map((entry) => entry.serialNumber).toSorted()

describe('searchIssuances()', () => {
  it('finds every row of a tenant beyond the page of the service, and no row of another one', async () => {
    const tenant = uniqueTenantId()
    const ours = Array.from({ length: 1_250 }, (_, index) =>
      someIssuance({ subject: index % 5 === 0 ? 'bob' : 'alice' }),
    )
    await storeIssuances(tables, tenant, ours)
    await storeIssuances(tables, `${tenant}-2`, [someIssuance()])
    await storeIssuances(tables, tenant.slice(0, -1), [someIssuance()])
    expect(await serials(issuances(tenant))).toEqual(serialsOf(ours))
  })

  it('reads rows as they are taken, and no more of them when nobody takes them', async () => {
    const tenant = uniqueTenantId()
    await storeIssuances(
      tables,
      tenant,
      Array.from({ length: 50 }, () => someIssuance()),
    )
    const watch = watchScans(tables)
    let taken = 0
    for await (const _ of issuances(tenant, {}, watch.tables)) if ((taken += 1) === 7) break
    expect(watch).toMatchObject({ pulled: 7, open: 0 })
  })

  it('finds by the time of issue, whatever day the token ended on', async () => {
    const tenant = uniqueTenantId()
    const late = new Date('2026-03-02T23:59:59.999Z')
    const hours = (count: number) => new Date(late.getTime() + count * 3_600_000)
    const sameDay = someIssuance({ issuedAt: late, tokenExpiresAt: late })
    const nextDay = someIssuance({ issuedAt: late, tokenExpiresAt: hours(1) })
    const dayAfter = someIssuance({ issuedAt: late, tokenExpiresAt: hours(28) })
    const earlier = someIssuance({ issuedAt: hours(-20), tokenExpiresAt: hours(2) })
    const later = someIssuance({ issuedAt: hours(1), tokenExpiresAt: hours(2) })
    await storeIssuances(tables, tenant, [sameDay, nextDay, dayAfter, earlier, later])
    const period = { since: late, until: new Date(late.getTime() + 1) }
    expect(await serials(issuances(tenant, period))).toEqual(serialsOf([sameDay, nextDay, dayAfter]))
    const before = { since: undefined, until: late }
    expect(await serials(issuances(tenant, before))).toEqual(serialsOf([earlier]))
    const after = { since: period.until, until: undefined }
    expect(await serials(issuances(tenant, after))).toEqual(serialsOf([later]))
  })

  it.each([
    ['upn', 'bob@contoso.example'],
    ['upn', "o'neil@contoso.example"],
    ['deviceId', '11111111-2222-4333-8444-555555555555'],
    ['serialNumber', '4000000000000000000000000000000f'],
    ['issuerId', 'issuer~0002'],
  ] as const)('has the tables find by %s %s', async (column, value) => {
    const tenant = uniqueTenantId()
    const wanted = someIssuance({ [column]: value })
    await storeIssuances(tables, tenant, [someIssuance(), wanted, someIssuance()])
    const watch = watchScans(tables)
    const found = issuances(tenant, { filter: { [column]: value } }, watch.tables)
    expect(await serials(found)).toEqual([wanted.serialNumber])
    expect(watch.pulled).toBe(1)
  })

  it('leaves out a row that it cannot read, says which, and goes on', async () => {
    const tenant = uniqueTenantId()
    const good = [someIssuance(), someIssuance()]
    await storeIssuances(tables, tenant, good)
    const { values, ...place } = issuanceRow(tenant, someIssuance())
    const { certificate: _, ...withoutCertificate } = values
    const broken = [
      { ...place, row: '0', values: withoutCertificate },
      { ...place, row: 'c', values: { ...values, issuedAt: 'soon' } },
      { ...place, row: 'z', values: { ...values, signals: '{' } },
    ]
    await storeRows(tables, broken)
    const left: string[] = []
    const watcher = {
      onUnreadable: (table: string, { row }: { row: string }) => left.push(`${table} ${row}`),
    }
    expect(await serials(issuances(tenant, { watcher }))).toEqual(serialsOf(good))
    expect(left).toEqual(['ledger20260302 0', 'ledger20260302 c', 'ledger20260302 z'])
  })

  it('reads rows of older versions, which lack some columns', async () => {
    const tenant = uniqueTenantId()
    const { values, ...place } = issuanceRow(tenant, someIssuance())
    const old = ['certificate', 'serialNumber', 'keyHash', 'issuedAt', 'notBefore', 'notAfter', 'upn']
    const kept = Object.fromEntries(Object.entries(values).filter(([name]) => old.includes(name)))
    await storeRows(tables, [{ ...place, values: kept }])
    const [found] = await Array.fromAsync(issuances(tenant))
    expect(found?.entry).toMatchObject({
      upn: 'alice@contoso.example',
      tokenId: '',
      revision: 0,
      signals: [],
    })
  })

  it('fails when the tables do in the middle, after the rows before', async () => {
    const tenant = uniqueTenantId()
    const stored = Array.from({ length: 20 }, () => someIssuance())
    await storeIssuances(tables, tenant, stored)
    const watch = watchScans(tables, (_, pulled) => {
      if (pulled > 12) throw tablesDown()
    })
    let taken = 0
    const reading = async () => {
      for await (const _ of issuances(tenant, {}, watch.tables)) taken += 1
    }
    await expect(reading()).toRefuse('tables-unavailable')
    expect(taken).toBe(12)
  })

  it('fails when a table is dropped between the listing and the reading: unknown is not absent', async () => {
    const search = {
      tenant: uniqueTenantId(),
      names: ['ledger19990101'],
      filter: {},
      watcher: deaf,
      ...always,
    }
    await expect(Array.fromAsync(searchIssuances(tables, search))).toRefuse('tables-unavailable')
  })
})

describe('searchOne()', () => {
  it('reads the tables in the order given, and none behind the one that has the row', async () => {
    const tenant = uniqueTenantId()
    const wanted = someIssuance()
    await storeIssuances(tables, tenant, [wanted])
    const read: string[] = []
    const watcher = { ...deaf, onTable: (table: string) => read.push(table) }
    const names = ['ledger20260303', 'ledger20260302', 'ledger20260301']
    const { serialNumber } = wanted
    const one = await searchOne(tables, { tenant, names, serialNumber, watcher })
    expect(one.found?.entry.tokenId).toBe(wanted.tokenId)
    expect(read).toEqual(names.slice(0, 2))
  })

  it('tells a row that has another certificate under the serial number', async () => {
    const tenant = uniqueTenantId()
    const stored = someIssuance()
    await storeIssuances(tables, tenant, [stored])
    const { serialNumber, certificate } = stored
    const search = { tenant, names: ['ledger20260302'], serialNumber, watcher: deaf }
    const other = await searchOne(tables, { ...search, certificate: Buffer.from('another') })
    expect(other).toEqual({ found: undefined, isOther: true })
    const same = await searchOne(tables, { ...search, certificate })
    expect(same).toMatchObject({ found: { table: 'ledger20260302' }, isOther: false })
    const none = await searchOne(tables, { ...search, serialNumber: '40' })
    expect(none).toEqual({ found: undefined, isOther: false })
  })
})

describe('searchRefusals()', () => {
  /** One a millisecond, of subjects that are in many partitions. */
  const crowd = (count: number) =>
    Array.from({ length: count }, (_, index) =>
      someRefusal({ at: millisecond(index), subject: `user ${(index * 7) % 40}`, tokenId: String(index) }),
    )

  const ids = async (found: AsyncIterable<{ tokenId: string }>) =>
    (await Array.fromAsync(found)).map(({ tokenId }) => tokenId)

  it('gives the refusals of all partitions and days in the order of time, beyond the page of the service', async () => {
    const tenant = uniqueTenantId()
    const stored = [
      ...crowd(1_200),
      // A thousand and more in one partition.
      ...Array.from({ length: 1_100 }, (_, index) =>
        someRefusal({ at: millisecond(2_000 + index), tokenId: `one ${index}` }),
      ),
      someRefusal({ at: new Date('2026-03-03T00:00:00Z'), subject: 'zoe', tokenId: 'next day' }),
    ]
    await storeRefusals(tables, tenant, stored.toReversed())
    await storeRefusals(tables, `${tenant}-2`, [someRefusal()])
    expect(new Set(stored.map((entry) => refusalRow(tenant, entry).partition)).size).toBeGreaterThan(8)
    expect(await ids(refusals(tenant))).toEqual(stored.map(({ tokenId }) => tokenId))
  })

  it('reads one row of each partition ahead, and no more of them when nobody takes them', async () => {
    const tenant = uniqueTenantId()
    await storeRefusals(tables, tenant, crowd(200))
    const watch = watchScans(tables)
    let taken = 0
    for await (const _ of refusals(tenant, {}, watch.tables)) if ((taken += 1) === 20) break
    expect(watch.pulled).toBeLessThanOrEqual(20 + 16)
    expect(watch.open).toBe(0)
  })

  it('finds by time, to the millisecond', async () => {
    const tenant = uniqueTenantId()
    await storeRefusals(tables, tenant, crowd(10))
    const found = refusals(tenant, { since: millisecond(3), until: millisecond(6) })
    expect(await ids(found)).toEqual(['3', '4', '5'])
  })

  it.each([
    ['upn', 'bob@contoso.example'],
    ['deviceId', '11111111-2222-4333-8444-555555555555'],
    ['code', 'denied'],
  ] as const)('has the tables find by %s %s', async (column, value) => {
    const tenant = uniqueTenantId()
    await storeRefusals(tables, tenant, [...crowd(5), someRefusal({ [column]: value, tokenId: 'wanted' })])
    const watch = watchScans(tables)
    expect(await ids(refusals(tenant, { filter: { [column]: value } }, watch.tables))).toEqual(['wanted'])
    expect(watch.pulled).toBe(1)
  })

  it('leaves out a row that it cannot read, says which, and goes on', async () => {
    const tenant = uniqueTenantId()
    await storeRefusals(tables, tenant, crowd(3))
    const { values, ...place } = refusalRow(tenant, someRefusal())
    await storeRows(tables, [{ ...place, row: 'a', values: { ...values, at: 'never' } }])
    const left: string[] = []
    const watcher = {
      onUnreadable: (table: string, { row }: { row: string }) => left.push(`${table} ${row}`),
    }
    expect(await ids(refusals(tenant, { watcher }))).toEqual(['0', '1', '2'])
    expect(left).toEqual(['refusals20260302 a'])
  })

  it('fails when the tables do in the middle, and ends the other scans', async () => {
    const tenant = uniqueTenantId()
    await storeRefusals(tables, tenant, crowd(60))
    const watch = watchScans(tables, (_, pulled) => {
      if (pulled > 40) throw tablesDown()
    })
    await expect(Array.fromAsync(refusals(tenant, {}, watch.tables))).toRefuse('tables-unavailable')
    expect(watch.open).toBe(0)
  })
})

const numbers = (a: number, b: number) => a - b

/** Sources that tell which of them ended, and how many values they gave. */
const watched = (...lists: readonly (readonly (number | Error)[])[]) => {
  const state = { given: 0, ended: 0 }
  const sources = lists.map(async function* (list) {
    try {
      for (const value of list) {
        if (value instanceof Error) throw value
        state.given += 1
        yield await Promise.resolve(value)
      }
    } finally {
      state.ended += 1
    }
  })
  return { state, sources }
}

describe('mergeInOrder()', () => {
  it('merges what is in order, equal values of each source included', async () => {
    const { sources, state } = watched([1, 4, 4, 9], [], [2, 4], [0, 10, 11])
    expect(await Array.fromAsync(mergeInOrder(sources, numbers))).toEqual([0, 1, 2, 4, 4, 4, 9, 10, 11])
    expect(state).toEqual({ given: 9, ended: 4 })
  })

  it('merges nothing', async () => {
    expect(await Array.fromAsync(mergeInOrder([], numbers))).toEqual([])
  })

  it('holds one value of each source, and ends them all when nobody takes more', async () => {
    const { sources, state } = watched([1, 4, 7], [2, 5, 8], [3, 6, 9])
    for await (const value of mergeInOrder(sources, numbers)) if (value === 2) break
    expect(state).toEqual({ given: 4, ended: 3 })
  })

  it('fails when a source does, and ends the others', async () => {
    const { sources, state } = watched([1, 4], [2, new Error('gone')], [3, 6])
    await expect(Array.fromAsync(mergeInOrder(sources, numbers))).rejects.toThrow('gone')
    expect(state.ended).toBe(3)
    const early = watched([new Error('gone')], [2, 5])
    await expect(Array.fromAsync(mergeInOrder(early.sources, numbers))).rejects.toThrow('gone')
    expect(early.state.ended).toBe(2)
  })
})

const compare = (a: number, b: number) => a - b

const rowsOf = (values: readonly number[]) => {
  const state = { given: 0 }
  const rows = (async function* () {
    for (const value of values) {
      state.given += 1
      yield await Promise.resolve(value)
    }
  })()
  return { rows, state }
}

describe('inOrderWhileFew()', () => {
  it.each([[[]], [[3]], [[3, 1, 2]]])('puts %j into order', async (values: number[]) => {
    const onMany = () => expect.unreachable()
    const { rows } = rowsOf(values)
    const ordered = await Array.fromAsync(inOrderWhileFew(rows, { limit: 3, compare, onMany }))
    expect(ordered).toEqual(values.toSorted(compare))
  })

  it('lets more than the limit come as they are, says so once, and holds no more of them', async () => {
    const { rows, state } = rowsOf([5, 4, 3, 2, 1, 0])
    let told = 0
    const seen: (readonly [value: number, given: number])[] = []
    for await (const value of inOrderWhileFew(rows, { limit: 3, compare, onMany: () => (told += 1) }))
      seen.push([value, state.given])
    expect(told).toBe(1)
    expect(seen).toEqual([
      [5, 4],
      [4, 4],
      [3, 4],
      [2, 4],
      [1, 5],
      [0, 6],
    ])
  })
})
