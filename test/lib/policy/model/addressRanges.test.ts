import * as fc from 'fast-check'
import ipaddr from 'ipaddr.js'
import { describe, expect, it } from 'vitest'
import { addressRanges, isAddressRange } from '../../../../lib/policy/model/addressRanges.ts'
import { addressOf } from '../../../../lib/text/ipAddress.ts'
import { fuzzRuns } from '../../../fuzzRuns.ts'

const isIn = (text: string, ...ranges: readonly string[]): boolean | undefined => {
  const address = addressOf(text)
  return address && addressRanges(ranges)(address)
}

describe('addressRanges()', () => {
  it.each([
    ['10.0.0.0/8', '10.0.0.0', '10.255.255.255', '9.255.255.255', '11.0.0.0'],
    ['192.168.1.200/25', '192.168.1.128', '192.168.1.255', '192.168.1.127', '192.168.2.0'],
    ['203.0.113.7/32', '203.0.113.7', '203.0.113.7', '203.0.113.6', '203.0.113.8'],
    ['128.0.0.0/1', '128.0.0.0', '255.255.255.255', '127.255.255.255', '0.0.0.0'],
    ['2001:db8::/33', '2001:db8::', '2001:db8:7fff::1', '2001:db8:8000::', '2001:db7::'],
    ['fe80::1/128', 'fe80::1', 'FE80:0::1', 'fe80::', 'fe80::2'],
    ['::ffff:172.16.0.0/108', '172.16.0.0', '::ffff:172.31.255.255', '172.15.255.255', '172.32.0.0'],
    ['172.16.0.0/12', '::ffff:172.16.0.0', '::ffff:ac1f:ffff', '::ffff:172.32.0.0', '::ac10:0'],
    ['::/0', '::', 'ffff::', '0.0.0.0', '::ffff:0.0.0.0'],
    ['0.0.0.0/0', '0.0.0.0', '::ffff:255.0.0.1', '::', '1::'],
  ])('%s begins at %s and ends at %s', (range, first, last, ...outside) => {
    expect([first, last].map((one) => isIn(one, range))).toEqual([true, true])
    expect(outside.map((one) => isIn(one, range))).toEqual([false, false])
  })

  it('joins ranges that overlap, and finds what lies between others', () => {
    const ranges = ['10.0.0.0/8', '10.1.0.0/16', '10.255.0.0/15', '12.0.0.0/8', '2001:db8::/32']
    const inside = ['10.0.0.1', '10.1.0.1', '10.254.0.1', '12.1.1.1', '2001:db8::1']
    expect(inside.map((one) => isIn(one, ...ranges))).toEqual(inside.map(() => true))
    expect(['9.9.9.9', '11.0.0.1', '13.0.0.0', '2001:db9::'].some((one) => isIn(one, ...ranges))).toBe(false)
  })

  it('holds nothing where there is no range', () => expect(isIn('10.0.0.1')).toBe(false))

  it('does not compile what is no range', () => {
    expect(() => addressRanges(['10.0.0.0'])).toThrow('"10.0.0.0" is no range')
  })

  const v4 = fc.ipV4()
  const v6 = fc.ipV6().filter((text) => !text.includes('.'))
  const prefix = (most: number) => fc.integer({ min: 0, max: most })
  const ranges = fc.array(
    fc.oneof(fc.tuple(v4, prefix(32)), fc.tuple(v6, prefix(128))).map(([from, bits]) => `${from}/${bits}`),
    { minLength: 1, maxLength: 12 },
  )

  it('says what ipaddr.js says of each range', () => {
    const near = ranges.chain((all) =>
      fc.tuple(
        fc.constant(all),
        fc.oneof(v4, v6, fc.constantFrom(...all.map((one) => one.split('/')[0] ?? ''))),
      ),
    )
    const property = fc.property(near, ([all, text]) => {
      const address = ipaddr.process(text)
      const expected = all.some((one) => {
        const [base, bits] = ipaddr.parseCIDR(one)
        return base.kind() === address.kind() && address.match(base, bits)
      })
      expect(isIn(text, ...all)).toBe(expected)
    })
    fc.assert(property, { numRuns: fuzzRuns(300) })
  })
})

describe('addressOf()', () => {
  it.each([
    '',
    '10.1',
    '010.0.0.1',
    '0x0a.0.0.1',
    '167772161',
    '10.0.0.256',
    '10.0.0.1:443',
    '[::1]',
    'fe80::1%eth0',
    '::ffff:300.1.1.1',
    '1::2::3',
    '::10.0.0.1',
    ' 10.0.0.1',
    'localhost',
  ])('takes %j for no address', (text) => expect(addressOf(text)).toBeUndefined())
})

describe('isAddressRange()', () => {
  it.each([
    ['10.0.0.0/8', true],
    ['10.0.0.0/0', true],
    ['::/0', true],
    ['::1/128', true],
    ['::ffff:10.0.0.0/96', true],
    ['10.0.0.0', false],
    ['10.0.0.0/33', false],
    ['10.0.0.0/08', false],
    ['10.0.0.0/', false],
    ['10.0.0.0/-1', false],
    ['10.0.0.0/8/8', false],
    ['10.0.0.0/255.0.0.0', false],
    ['::/129', false],
    ['::ffff:10.0.0.0/95', false],
    ['fe80::1%1/64', false],
    ['10.0/8', false],
  ])('of %s is %j', (text, expected) => expect(isAddressRange(text)).toBe(expected))
})
