import { beforeAll, describe, expect, it } from 'vitest'
import { testConnectionString } from '../azurite.ts'
import { type Books, findViolations, type Purchase, recovered } from './audit.ts'
import { soak, type SoakResult } from './soak.ts'

let result: SoakResult
beforeAll(async () => {
  result = await soak({ kills: 5, seed: 5, clients: 12, connectionString: testConnectionString() })
})

/** What was found, without the token it is about. */
const violations = (books: Books): readonly string[] =>
  findViolations(books).map((violation) => violation.replace(/^token \S+: /, ''))

describe('kill -9 of the functions host, five times under load', () => {
  it('loses no certificate and sells no token twice', () => {
    expect(result.violations).toEqual([])
  })

  it('leaves as many rows as tokens, each with the certificate that clients hold', () => {
    const { purchases, rows } = result.books
    expect(rows.length).toBeGreaterThan(10)
    expect(purchases).toHaveLength(rows.length)
    expect(purchases.every(({ receipts }) => receipts.length > 0)).toBe(true)
  })

  it('cut off requests, and refused second keys', () => {
    const { traffic, killsThatCut, books } = result
    expect([traffic.cut, killsThatCut].every((count) => count > 0)).toBe(true)
    expect(books.purchases.some(({ replayed }) => replayed.size > 0)).toBe(true)
    expect(result.recovered).toBe(recovered(books.purchases).length)
  })
})

/** The books with the first purchase that fits, and its row, changed. */
const changed = (
  fits: (purchase: Purchase) => boolean,
  change: (purchase: Purchase, row: Books['rows'][number]) => Partial<Books>,
): Books => {
  const { books } = result
  const purchase = books.purchases.find(fits)
  const row = books.rows.find(({ tokenId }) => tokenId === purchase?.tokenId)
  if (!purchase || !row) throw new Error('No purchase fits.')
  return { ...books, ...change(purchase, row) }
}

const any = () => true
const instead = <T>(all: readonly T[], one: T, others: readonly T[]): readonly T[] =>
  all.flatMap((each) => (each === one ? others : [each]))

const withRow =
  (make: (row: Books['rows'][number]) => readonly Books['rows'][number][]) =>
  (_: Purchase, row: Books['rows'][number]) => ({ rows: instead(result.books.rows, row, make(row)) })

const withPurchase =
  (make: (purchase: Purchase) => readonly Purchase[]) =>
  (purchase: Purchase): Partial<Books> => ({
    purchases: instead(result.books.purchases, purchase, make(purchase)),
  })

const otherRow = (row: Books['rows'][number]): Books['rows'][number] => {
  const other = result.books.rows.find(({ tokenId }) => tokenId !== row.tokenId)
  if (!other) throw new Error('There is one row alone.')
  return other
}

describe('findViolations()', () => {
  it('finds a row that was lost', () => {
    expect(
      violations(
        changed(
          any,
          withRow(() => []),
        ),
      ),
    ).toEqual(['a client holds a certificate that the ledger does not'])
  })

  it('finds a row that holds the certificate of another one', () => {
    const found = violations(
      changed(
        any,
        withRow((row) => [{ ...row, certificate: otherRow(row).certificate }]),
      ),
    )
    expect(found).toContain('a client holds other bytes than the ledger')
    expect(found).toContain('its row names another serial number than its certificate')
    expect(found).toContain('its row names another key than its certificate')
  })

  it('finds a row that names another key, or whose serial number is taken', () => {
    const keyHash = 'ab'.repeat(32)
    const named = violations(
      changed(
        any,
        withRow((row) => [{ ...row, keyHash }]),
      ),
    )
    expect(named).toEqual(['its row names another key than its certificate', 'it bought two keys'])
    const taken = violations(
      changed(
        any,
        withRow((row) => [{ ...row, serialNumber: otherRow(row).serialNumber }]),
      ),
    )
    expect(taken).toContain('1 serial numbers are not unique')
  })

  it('finds a row beside that of the token, a row that nobody asked for, and one that was never signed', () => {
    const twice = changed(
      any,
      withRow((row) => [row, row]),
    )
    expect(violations(twice)).toContain('it has 2 rows')
    const strange = changed(
      any,
      withRow((row) => [row, { ...row, tokenId: 'another' }]),
    )
    expect(violations(strange)).toContain('nobody asked with it')
    const unsigned = changed(
      any,
      withRow((row) => [{ ...row, requestId: 'another' }]),
    )
    expect(violations(unsigned)).toEqual(['the vault knows no signature of its row'])
  })

  it('finds a certificate that its client never got, and a client without an answer', () => {
    const lost = changed(
      any,
      withPurchase((purchase) => [{ ...purchase, receipts: [] }]),
    )
    expect(violations(lost)).toContain('nobody holds the certificate of its row')
    expect(violations(lost)).toContain('a key got neither certificate nor refusal')
  })

  it('finds two keys that one token bought', () => {
    const two = changed(
      ({ replayed }) => replayed.size > 0,
      withPurchase((purchase) => {
        const [keyHash = ''] = purchase.replayed
        const receipts = purchase.receipts.map((receipt) => ({ ...receipt, keyHash }))
        return [{ ...purchase, receipts: [...purchase.receipts, ...receipts] }]
      }),
    )
    expect(violations(two)).toContain('it bought two keys')
  })

  it('finds a key that was served and refused, a second 201, answers that differ, and trouble', () => {
    const withReceipts = (change: (purchase: Purchase) => Partial<Purchase>) =>
      violations(
        changed(
          ({ receipts }) => receipts.some(({ status }) => status === 201),
          withPurchase((purchase) => [{ ...purchase, ...change(purchase) }]),
        ),
      )
    expect(withReceipts(({ keys }) => ({ replayed: keys }))).toContain(
      'the key that bought the certificate was refused as a replay',
    )
    expect(withReceipts(({ receipts }) => ({ receipts: [...receipts, ...receipts] }))).toContain(
      'it was answered 201 twice',
    )
    expect(
      withReceipts(({ receipts }) => ({
        receipts: [
          ...receipts,
          ...receipts.map((receipt) => ({ ...receipt, status: 200 as const, body: '{}' })),
        ],
      })),
    ).toContain('its answers differ')
    expect(withReceipts(() => ({ troubles: ['a client gave up'] }))).toContain('a client gave up')
  })
})
