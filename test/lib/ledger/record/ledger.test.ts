import { randomUUID } from 'node:crypto'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Entry } from '../../../../lib/ledger/record/entry.ts'
import { type Ledger, ledgerOf } from '../../../../lib/ledger/record/ledger.ts'
import { ledgerKey, type LedgerToken } from '../../../../lib/ledger/record/ledgerKey.ts'
import { testTime, watchedTestTables } from '../../../world.ts'
import type { WatchedTables } from '../../store/watchTables.ts'
import { someSignals } from '../storedRows.ts'

let tables: WatchedTables
let ledger: Ledger
let token: LedgerToken

const seconds = (date: Date) => Math.floor(date.getTime() / 1000)

beforeEach(async () => {
  tables = await watchedTestTables()
  ledger = ledgerOf(tables)
  token = {
    tenant: 'contoso',
    issuer: 'https://issuer.example',
    subject: 'alice',
    tokenId: randomUUID(),
    expiresAt: seconds(testTime) + 3_600,
  }
})

const entryOf = (changes: Partial<Entry> = {}): Entry => ({
  certificate: Uint8Array.of(0x30, 0x00),
  serialNumber: '4a',
  keyHash: 'ab'.repeat(32),
  issuedAt: testTime,
  notBefore: new Date('2026-03-02T09:55:00Z'),
  notAfter: new Date('2026-03-02T10:59:59Z'),
  renewalStart: new Date('2026-03-02T10:35:00Z'),
  renewalEnd: new Date('2026-03-02T10:41:00Z'),
  issuerId: 'issuer~0001',
  requestId: randomUUID(),
  vaultRequestId: randomUUID(),
  upn: 'alice@contoso.example',
  invocationId: randomUUID(),
  deviceId: '',
  tokenIssuer: token.issuer,
  subject: token.subject,
  tokenId: token.tokenId,
  client: 'vpn',
  tokenIssuedAt: testTime,
  tokenExpiresAt: new Date(token.expiresAt * 1000),
  proof: 'compliantDevice',
  policy: 'default',
  signals: someSignals('yes'),
  revision: 7,
  denyList: 3,
  ...changes,
})

describe('the ledger', () => {
  it('gives back what was recorded, to the octet and the millisecond', async () => {
    const entry = entryOf()
    expect(await ledger.lookUp(ledgerKey(token))).toBeUndefined()
    expect(await ledger.record(ledgerKey(token), entry)).toBe(entry)
    const { certificate, ...rest } =
      (await ledger.lookUp(ledgerKey(token))) ?? entryOf({ serialNumber: 'absent' })
    expect({ ...rest, certificate: Uint8Array.from(certificate) }).toEqual(entry)
  })

  it('records for auditors whose token it was', async () => {
    await ledger.record(ledgerKey(token), entryOf())
    const { table, ...key } = ledgerKey(token)
    const { issuer, subject, tokenId } = token
    expect((await tables.get(table, key))?.values).toMatchObject({ tokenIssuer: issuer, subject, tokenId })
  })

  it('returns the first entry to whoever comes later, and keeps it', async () => {
    await ledger.record(ledgerKey(token), entryOf({ serialNumber: '01' }))
    expect((await ledger.record(ledgerKey(token), entryOf({ serialNumber: '02' }))).serialNumber).toBe('01')
    expect((await ledger.lookUp(ledgerKey(token)))?.serialNumber).toBe('01')
  })

  it('returns one entry to all who race', async () => {
    const entries = Array.from({ length: 20 }, (_, index) => entryOf({ serialNumber: String(index) }))
    const recorded = await Promise.all(entries.map((entry) => ledger.record(ledgerKey(token), entry)))
    expect(new Set(recorded.map(({ requestId }) => requestId)).size).toBe(1)
  })

  it('keeps the tokens of tenants apart that are alike in everything else', async () => {
    await ledger.record(ledgerKey(token), entryOf())
    expect(await ledger.lookUp(ledgerKey({ ...token, tenant: 'fabrikam' }))).toBeUndefined()
  })

  it('refuses with 503 when the table of the day is missing: an unknown row is not an unspent token', async () => {
    const faraway = { ...token, expiresAt: seconds(new Date('2026-04-01T00:00:00Z')) }
    for (const attempt of [ledger.lookUp(ledgerKey(faraway)), ledger.record(ledgerKey(faraway), entryOf())]) {
      const refusal = await attempt.catch((error: unknown) => error)
      expect(refusal).toMatchObject({ code: 'tables-unavailable', status: 503 })
    }
  })

  it('refuses when the insert failed', async () => {
    tables.fault = ({ method }) => (method === 'insert' ? 'failed' : undefined)
    await expect(ledger.record(ledgerKey(token), entryOf())).toRefuse('tables-unavailable')
    expect(await ledger.lookUp(ledgerKey(token))).toBeUndefined()
  })

  it('reads back what was written when the insert failed but persisted', async () => {
    tables.fault = ({ method }) => (method === 'insert' ? 'failed but persisted' : undefined)
    expect((await ledger.record(ledgerKey(token), entryOf({ serialNumber: '01' }))).serialNumber).toBe('01')
  })

  it('refuses when the insert failed but persisted and cannot be read back, and shows the entry to a retry', async () => {
    tables.fault = ({ method }) => (method === 'insert' ? 'failed but persisted' : 'failed')
    await expect(ledger.record(ledgerKey(token), entryOf({ serialNumber: '01' }))).toRefuse(
      'tables-unavailable',
    )
    tables.fault = () => undefined
    expect((await ledger.record(ledgerKey(token), entryOf({ serialNumber: '02' }))).serialNumber).toBe('01')
  })

  it('refuses when the row exists and then cannot be read', async () => {
    const vanishing = ledgerOf({ ...tables, insert: () => Promise.resolve(false) })
    await expect(vanishing.record(ledgerKey(token), entryOf())).toRefuse('tables-unavailable')
    await ledger.record(ledgerKey(token), entryOf())
    tables.fault = ({ method }) => (method === 'get' ? 'failed' : undefined)
    await expect(ledger.record(ledgerKey(token), entryOf())).toRefuse('tables-unavailable')
  })

  it('passes a row without a certificate on as a defect', async () => {
    const { table, ...key } = ledgerKey(token)
    await tables.insert(table, { ...key, values: { serialNumber: '01' } })
    await expect(ledger.lookUp(ledgerKey(token))).rejects.toThrow(/no certificate/)
  })
})
