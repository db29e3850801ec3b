import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addressOf, printAddress } from '../../../lib/text/ipAddress.ts'
import {
  comparePrefixes,
  containsPrefix,
  overlapWith,
  prefixOf,
  printPrefix,
  shareOf,
} from '../../../lib/text/ipPrefix.ts'

const contains = (outer: string, inner: string): boolean | undefined => {
  const [one, other] = [prefixOf(outer), prefixOf(inner)]
  return one && other && containsPrefix(one, other)
}

describe('prefixOf()', () => {
  it.each([
    ['10.1.2.3/8', '10.0.0.0/8'],
    ['255.255.255.255/1', '128.0.0.0/1'],
    ['::ffff:10.0.0.0/104', '10.0.0.0/8'],
    ['FD00:0::1/8', 'fd00::/8'],
    ['2001:DB8:0:0:1::/80', '2001:db8:0:0:1::/80'],
    ['::/0', '::/0'],
    ['0.0.0.0/0', '0.0.0.0/0'],
  ])('%s is %s', (text, canonical) => {
    const prefix = prefixOf(text)
    expect(prefix && printPrefix(prefix)).toBe(canonical)
  })

  it.each([
    '10.0.0.0',
    '10.0.0.0/',
    '10.0.0.0/33',
    '10.0.0.0/08',
    '::/129',
    '::ffff:10.0.0.0/95',
    '010.0.0.0/8',
    '/8',
  ])('%s is none', (text) => expect(prefixOf(text)).toBeUndefined())

  it('prints what reads back as the same', () => {
    const text = fc.oneof(
      fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 32 })),
      fc.tuple(fc.ipV6(), fc.integer({ min: 96, max: 128 })),
    )
    fc.assert(
      fc.property(text, ([address, bits]) => {
        const prefix = prefixOf(`${address}/${bits}`)
        if (!prefix) return
        const printed = printPrefix(prefix)
        expect(prefixOf(printed)).toMatchObject({ bits: prefix.bits })
        expect(printPrefix(prefixOf(printed) ?? prefix)).toBe(printed)
        const read = addressOf(printAddress(prefix.address))
        expect(read).toEqual(prefix.address)
      }),
    )
  })
})

describe('containsPrefix()', () => {
  it.each([
    ['10.0.0.0/8', '10.255.0.0/16', true],
    ['10.0.0.0/8', '10.0.0.0/8', true],
    ['10.0.0.0/8', '10.0.0.0/7', false],
    ['10.0.0.0/8', '11.0.0.0/16', false],
    ['2001:db8::/32', '2001:db8:ffff::/48', true],
    ['2001:db8::/33', '2001:db8:8000::/48', false],
    ['::/0', '10.0.0.0/8', false],
    ['0.0.0.0/0', '::1/128', false],
  ])('%s and %s: %s', (outer, inner, is) => expect(contains(outer, inner)).toBe(is))
})

describe('shareOf()', () => {
  const within = (...cidrs: readonly string[]) => shareOf(cidrs.flatMap((cidr) => prefixOf(cidr) ?? []))

  it.each([
    [[], 0],
    [['128.0.0.0/1', '0.0.0.0/1'], 1],
    [['10.0.0.0/8', '10.1.0.0/16', '10.0.0.0/8', '11.0.0.0/8'], 2 ** -7],
    [['::/1', 'c000::/2', 'fd00::/8'], 0.75],
  ])('of %s is %d', (cidrs, share) => expect(within(...cidrs)).toBe(share))

  it('counts each address once, whatever the order', () => {
    const prefix = fc.record({
      address: fc.tuple(fc.integer({ min: 0, max: 255 })),
      bits: fc.integer({ min: 24, max: 32 }),
    })
    fc.assert(
      fc.property(fc.array(prefix, { maxLength: 20 }), (prefixes) => {
        const last = (at: number) => ({ address: [at], bits: 32 })
        const held = Array.from({ length: 256 }, (_, at) => last(at)).filter((one) =>
          prefixes.some((outer) => containsPrefix(outer, one)),
        )
        expect(shareOf(prefixes) * 2 ** 32).toBe(held.length)
        expect(shareOf(prefixes.toSorted(comparePrefixes).toReversed())).toBe(shareOf(prefixes))
      }),
    )
  })
})

describe('overlapWith()', () => {
  it('finds what one after the other would', () => {
    const v4 = fc.record({
      address: fc.tuple(fc.integer({ min: 0, max: 64 })),
      bits: fc.integer({ min: 25, max: 32 }),
    })
    const v6 = v4.map(({ address, bits }) => ({ address: [0, 0, 0, ...address], bits: bits + 96 }))
    const prefix = fc.oneof(v4, v6)
    fc.assert(
      fc.property(fc.array(prefix, { maxLength: 12 }), prefix, (others, one) => {
        const slow = others.some((other) => containsPrefix(other, one) || containsPrefix(one, other))
        expect(overlapWith(others)(one)).toBe(slow)
      }),
      { numRuns: 1_000 },
    )
  })
})
