import { randomUUID } from 'node:crypto'
import { beforeEach, describe, expect, it } from 'vitest'
import { openDeadline } from '../../../../lib/deadline/deadline.ts'
import { refusalsTable, tenantPartitions } from '../../../../lib/ledger/record/ledgerKey.ts'
import { type RefusalEntry, refusalFromRow } from '../../../../lib/ledger/record/refusalEntry.ts'
import { type Refusals, refusalsOf } from '../../../../lib/ledger/record/refusals.ts'
import type { NewRow, Tables } from '../../../../lib/store/tables.ts'
import { tablesDown } from '../../store/watchTables.ts'
import { ampleTime, testTime, uniqueTenantId, watchedTestTables } from '../../../world.ts'
import { someSignals } from '../storedRows.ts'

const entry = (changes: Partial<RefusalEntry> = {}): Omit<RefusalEntry, 'suppressed'> => ({
  at: testTime,
  code: 'device-not-compliant',
  detail: 'Cannot enroll: the device is not compliant.',
  invocationId: randomUUID(),
  upn: 'alice@contoso.example',
  deviceId: '0b5f7c86-9e5e-4c44-8a3f-3d2b9b0c7f11',
  tokenIssuer: 'https://issuer.example',
  subject: 'alice',
  tokenId: 'token 1',
  keyHash: 'ab'.repeat(32),
  signals: someSignals('no'),
  revision: 7,
  ...changes,
})

let time: number
let rows: NewRow[]
let insert: (row: NewRow) => Promise<boolean>
let unrecorded: string[]
let refusals: Refusals

beforeEach(() => {
  time = 0
  rows = []
  unrecorded = []
  insert = (row) => {
    rows.push(row)
    return Promise.resolve(true)
  }
  refusals = refusalsOf({
    tables: { insert: (_table: string, row: NewRow) => insert(row) } as unknown as Tables,
    clock: () => time,
    onUnrecorded: (tenant) => unrecorded.push(tenant),
  })
})

/** Records refusals of as many users. */
const record = async (count: number, tenant = 'contoso'): Promise<void> => {
  for (let i = 0; i < count; i++) await refusals.record(tenant, entry({ subject: `user ${i}` }), ampleTime())
}

const suppressed = () => rows.map(({ values }) => values['suppressed'])

describe('refusalsOf()', () => {
  it('keeps what was refused in the table of the day, readable again', async () => {
    const tables = await watchedTestTables()
    const tenant = uniqueTenantId()
    const real = refusalsOf({ tables, clock: () => 0, onUnrecorded: () => undefined })
    const [first, second] = [entry(), entry({ code: 'upn-refused', signals: [] })]
    await real.record(tenant, first, ampleTime())
    await real.record(tenant, second, ampleTime())
    const kept: RefusalEntry[] = []
    const partitions = tenantPartitions(tenant)
    for await (const row of tables.scan(refusalsTable(testTime), { partitions }))
      kept.push(refusalFromRow(row))
    const byCode = (a: { code: string }, b: { code: string }) => (a.code < b.code ? -1 : 1)
    expect(kept.toSorted(byCode)).toEqual([
      { ...first, suppressed: 0 },
      { ...second, suppressed: 0 },
    ])
  })

  it('records 50 at once and 5 a second, and counts the others into the next', async () => {
    await record(80)
    expect(rows).toHaveLength(50)
    expect(unrecorded).toHaveLength(30)
    time += 1_000
    await record(10)
    expect(rows).toHaveLength(55)
    expect(suppressed().slice(49)).toEqual([0, 30, 0, 0, 0, 0])
    time += 200
    await record(1)
    expect(suppressed().at(-1)).toBe(5)
    expect(unrecorded).toHaveLength(35)
  })

  it('records 10 of one user at once and one in 5 seconds, so that nobody crowds out others', async () => {
    for (let i = 0; i < 60; i++) await refusals.record('contoso', entry(), ampleTime())
    expect(rows).toHaveLength(10)
    await record(40)
    expect(rows).toHaveLength(50)
    expect(suppressed()[10]).toBe(50)
    time += 5_000
    for (let i = 0; i < 3; i++) await refusals.record('contoso', entry(), ampleTime())
    expect(rows).toHaveLength(51)
  })

  it('remembers a thousand users of a tenant, and no more', async () => {
    for (let i = 0; i < 11; i++) await refusals.record('contoso', entry(), ampleTime())
    expect(rows).toHaveLength(10)
    time += 1
    await record(1_000)
    time += 4_000
    await refusals.record('contoso', entry(), ampleTime())
    expect(rows.at(-1)?.values).toMatchObject({ subject: 'alice' })
  })

  it('counts each tenant apart', async () => {
    await record(60)
    await record(50, 'fabrikam')
    expect(rows).toHaveLength(100)
    expect(new Set(unrecorded)).toEqual(new Set(['contoso']))
  })

  it('counts those that the tables did not take too', async () => {
    insert = () => Promise.reject(tablesDown())
    await record(3)
    expect(unrecorded).toEqual(['contoso', 'contoso', 'contoso'])
    insert = (row) => Promise.resolve(rows.push(row) > 0)
    await record(2)
    expect(suppressed()).toEqual([3, 0])
  })

  it('loses no count where several are refused while the tables fail', async () => {
    const { promise, reject } = Promise.withResolvers<boolean>()
    insert = () => promise
    const all = Array.from({ length: 60 }, (_, i) =>
      refusals.record('contoso', entry({ subject: `user ${i}` }), ampleTime()),
    )
    reject(tablesDown())
    await Promise.all(all)
    insert = (row) => Promise.resolve(rows.push(row) > 0)
    time += 1_000
    await record(1)
    expect(suppressed()).toEqual([60])
  })

  it('waits for slow tables as long as it is given, and no longer, without a word', async () => {
    const { promise, resolve } = Promise.withResolvers<boolean>()
    insert = () => promise
    const over = openDeadline(0, () => time)
    await expect(refusals.record('contoso', entry(), over)).resolves.toBeUndefined()
    expect(unrecorded).toEqual(['contoso'])
    resolve(true)
  })

  it.each([
    ['a defect of the tables', new TypeError('a defect')],
    ['an outage', tablesDown()],
  ])('never throws: %s', async (_, error) => {
    insert = () => {
      throw error
    }
    await expect(refusals.record('contoso', entry(), ampleTime())).resolves.toBeUndefined()
    await expect(
      refusals.record('contoso', entry({ at: new Date(Number.NaN) }), ampleTime()),
    ).resolves.toBeUndefined()
    expect(unrecorded).toHaveLength(2)
  })

  it('tells refusals of one millisecond apart', async () => {
    for (let i = 0; i < 2; i++) await refusals.record('contoso', entry(), ampleTime())
    const [first, second] = rows
    expect(first?.partition).toBe(second?.partition)
    expect(first?.row).not.toBe(second?.row)
    expect(first?.row).toMatch(/^2026-03-02T10:00:00\.250Z~[0-9a-f-]{36}$/)
  })
})
