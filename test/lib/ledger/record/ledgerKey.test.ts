import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  dailyTablesAhead,
  ledgerKey,
  ledgerTable,
  type LedgerToken,
  refusalsTable,
} from '../../../../lib/ledger/record/ledgerKey.ts'
import { hashParts } from '../../../../lib/store/hashParts.ts'

const token: LedgerToken = {
  tenant: 'contoso',
  issuer: 'https://issuer.example',
  subject: 'alice',
  tokenId: 'token-1',
  expiresAt: Date.UTC(2026, 2, 2, 23, 59, 59) / 1000,
}

const keyOf = (changes: Partial<LedgerToken> = {}) => ledgerKey({ ...token, ...changes })

describe('ledgerKey()', () => {
  it('places a token by the hashes of its issuer, subject and id', () => {
    const subjectHash = hashParts(token.issuer, token.subject)
    expect(keyOf()).toEqual({
      table: 'ledger20260302',
      partition: `contoso~${subjectHash.slice(0, 1)}`,
      row: `${subjectHash}~${hashParts(token.issuer, token.tokenId)}`,
    })
  })

  it('takes the table of the UTC day on which the token expires', () => {
    const midnight = token.expiresAt + 1
    expect(keyOf({ expiresAt: midnight - 0.001 }).table).toBe('ledger20260302')
    expect(keyOf({ expiresAt: midnight }).table).toBe('ledger20260303')
    expect(keyOf({ expiresAt: Date.UTC(2028, 1, 29) / 1000 }).table).toBe('ledger20280229')
  })

  it('spreads the subjects of a tenant over sixteen partitions, each subject in one', () => {
    const partitions = Array.from(
      { length: 400 },
      (_, index) => keyOf({ subject: `user ${index}` }).partition,
    )
    expect([...new Set(partitions)].toSorted((a, b) => a.localeCompare(b))).toEqual(
      '0123456789abcdef'.split('').map((digit) => `contoso~${digit}`),
    )
    expect(keyOf({ tokenId: 'token-2' }).partition).toBe(keyOf().partition)
  })

  it('keeps tenants, issuers, subjects and tokens apart, also where their texts join to the same', () => {
    const keys = [
      keyOf(),
      keyOf({ tenant: 'contoso2' }),
      keyOf({ tokenId: 'token-2' }),
      keyOf({ issuer: 'https://issuer.exampl', subject: 'ealice' }),
      keyOf({ issuer: 'https://issuer.examplea', subject: 'lice' }),
      keyOf({ subject: 'token-1', tokenId: 'alice' }),
    ]
    expect(new Set(keys.map(({ partition, row }) => `${partition}/${row}`)).size).toBe(keys.length)
  })

  it('writes only what a table key may contain, and nothing of the token', () => {
    const text = fc.string({
      unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
      minLength: 1,
      maxLength: 512,
    })
    const property = fc.property(text, text, text, (issuer, subject, tokenId) => {
      const { partition, row } = keyOf({ issuer, subject, tokenId })
      return /^contoso~[0-9a-f]$/.test(partition) && /^[0-9a-f]{64}~[0-9a-f]{64}$/.test(row)
    })
    expect(() => fc.assert(property)).not.toThrow()
  })
})

describe('dailyTablesAhead()', () => {
  it('names the table of today and of each of the days ahead', () => {
    const evening = new Date('2026-02-27T23:59:59.999Z')
    expect(dailyTablesAhead(evening, 3)).toEqual([
      'ledger20260227',
      'refusals20260227',
      'ledger20260228',
      'refusals20260228',
      'ledger20260301',
      'refusals20260301',
      'ledger20260302',
      'refusals20260302',
    ])
    expect(dailyTablesAhead(evening, 0)).toEqual([ledgerTable(evening), refusalsTable(evening)])
  })
})
