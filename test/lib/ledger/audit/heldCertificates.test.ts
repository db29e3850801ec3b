import { beforeEach, describe, expect, it } from 'vitest'
import { type Entry, entryValues } from '../../../../lib/ledger/record/entry.ts'
import { ledgerKey } from '../../../../lib/ledger/record/ledgerKey.ts'
import { heldCertificates, type Holder, isLive } from '../../../../lib/ledger/audit/heldCertificates.ts'
import { testTime, uniqueTenantId, watchedTestTables } from '../../../world.ts'
import type { WatchedTables } from '../../store/watchTables.ts'
import { someIssuance } from '../storedRows.ts'

const hour = 3_600_000
const after = (milliseconds: number) => new Date(testTime.getTime() + milliseconds)

const watcher = { onUnreadable: () => undefined }

const alice: Holder = { column: 'upn', values: ['alice@contoso.example'] }

let tables: WatchedTables
let tenant: string

beforeEach(async () => {
  tables = await watchedTestTables()
  tenant = uniqueTenantId()
})

/** What of an issuance matters here. */
interface Issuance extends Partial<
  Pick<Entry, 'serialNumber' | 'upn' | 'deviceId' | 'keyHash' | 'notBefore' | 'notAfter'>
> {
  readonly subject?: string
  readonly tenant?: string
  readonly tokenExpiresAt?: Date
}

const record = async (issuance: Issuance = {}): Promise<void> => {
  const { tenant: _, ...changes } = issuance
  const entry = someIssuance({
    serialNumber: '4a',
    issuedAt: testTime,
    notAfter: after(hour),
    tokenExpiresAt: after(hour),
    ...changes,
  })
  const { table, ...key } = ledgerKey({
    tenant: issuance.tenant ?? tenant,
    issuer: entry.tokenIssuer,
    subject: entry.subject,
    tokenId: entry.tokenId,
    expiresAt: entry.tokenExpiresAt.getTime() / 1000,
  })
  await tables.create([table])
  expect(await tables.insert(table, { ...key, values: entryValues(entry) })).toBe(true)
}

const find = async (holder = alice, now = testTime): Promise<readonly string[]> => {
  const found: string[] = []
  for await (const { serialNumber } of heldCertificates(tables, { tenant, holder, watcher }, now))
    found.push(serialNumber)
  return found.toSorted()
}

describe('heldCertificates()', () => {
  it('finds those of a user, of a device and of a key', async () => {
    await record({ serialNumber: 'a', deviceId: 'd1', keyHash: 'k1' })
    await record({ serialNumber: 'b', deviceId: 'd2', keyHash: 'k1' })
    await record({ serialNumber: 'c', upn: 'bob@contoso.example', deviceId: 'd2', keyHash: 'k2' })
    expect(await find()).toEqual(['a', 'b'])
    expect(await find({ column: 'deviceId', values: ['d2'] })).toEqual(['b', 'c'])
    expect(await find({ column: 'keyHash', values: ['k1'] })).toEqual(['a', 'b'])
    expect(await find({ column: 'upn', values: ['eve@contoso.example'] })).toEqual([])
    expect(await find({ column: 'upn', values: ["o'hara@contoso.example"] })).toEqual([])
  })

  it('finds whoever is named with a quotation mark', async () => {
    await record({ serialNumber: 'a', upn: "o'hara@contoso.example" })
    expect(await find({ column: 'upn', values: ["o'hara@contoso.example"] })).toEqual(['a'])
  })

  it('finds them in every partition of the tenant, and in none of another', async () => {
    const subjects = Array.from({ length: 40 }, (_, index) => `subject ${index}`)
    for (const [index, subject] of subjects.entries()) await record({ subject, serialNumber: `${index}` })
    await record({ tenant: `${tenant}-2`, serialNumber: 'of another' })
    await record({ tenant: tenant.slice(0, -1), serialNumber: 'of another' })
    expect(await find()).toEqual(subjects.map((_, index) => `${index}`).toSorted())
  })

  it('finds them until they ended as long ago as they lived: a session may last as long', async () => {
    await record({ serialNumber: 'a', notBefore: after(-hour), notAfter: after(-250) })
    expect(await find(alice, after(hour - 500 + 999))).toEqual(['a'])
    expect(await find(alice, after(hour - 500 + 1_000))).toEqual([])
  })

  it('finds a user under each of the names that are given', async () => {
    await record({ serialNumber: 'a' })
    await record({ serialNumber: 'b', upn: 'bob@contoso.example' })
    await record({ serialNumber: 'c', upn: 'eve@contoso.example' })
    const values = ['alice@contoso.example', 'bob@contoso.example']
    expect(await find({ column: 'upn', values })).toEqual(['a', 'b'])
  })

  it.each([-48, -24, 0, 28])('finds those whose token ends %s hours from now', async (hours) => {
    await record({ serialNumber: 'a', tokenExpiresAt: after(hours * hour) })
    expect(await find()).toEqual(['a'])
  })

  it('reads no table of other days', async () => {
    await tables.create([
      'ledger20260220',
      'ledger20260227',
      'ledger20260228',
      'ledger20260305',
      'ledger20260320',
    ])
    tables.calls.length = 0
    await find()
    const scanned = tables.calls.filter(({ method }) => method === 'scan').map(({ table }) => table)
    expect(scanned).toEqual(['ledger20260228', 'ledger20260301', 'ledger20260302', 'ledger20260303'])
  })

  it.each([
    [
      'midnight',
      '2026-03-02T00:00:00Z',
      ['ledger20260227', 'ledger20260228', 'ledger20260301', 'ledger20260302', 'ledger20260303'],
    ],
    [
      'before midnight',
      '2026-03-02T23:59:59Z',
      ['ledger20260228', 'ledger20260301', 'ledger20260302', 'ledger20260303', 'ledger20260304'],
    ],
  ])('reads every day that counts at %s', async (_, now, expected) => {
    await tables.create(expected)
    tables.calls.length = 0
    await find(alice, new Date(now))
    const scanned = tables.calls.filter(({ method }) => method === 'scan').map(({ table }) => table)
    expect(scanned).toEqual(expected)
  })

  it('skips the tables that do not exist', async () => {
    expect(await find(alice, new Date('2031-03-02T00:00:00Z'))).toEqual([])
  })

  it('says so when the tables do not answer, which is not the same as none', async () => {
    for (const method of ['names', 'scan']) {
      tables.fault = (call) => (call.method === method ? 'failed' : undefined)
      await expect(find()).toRefuse('tables-unavailable')
    }
  })
})

describe('isLive()', () => {
  it('holds until the last second, which is one', () => {
    expect(isLive({ notAfter: after(-250) }, after(749))).toBe(true)
    expect(isLive({ notAfter: after(-250) }, after(750))).toBe(false)
  })
})
