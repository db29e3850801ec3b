import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { profileText } from '../../../client/vpnProfile/profileText.ts'
import { printPrefix } from '../../../lib/text/ipPrefix.ts'

/** The prefix of a text as vpn.toml takes it, or what is wrong with it. */
const read = (text: string): string => {
  const { data, error } = profileText.network.safeParse(text)
  return data ? printPrefix(data) : (error?.issues[0]?.message ?? '')
}

const octet = fc.integer({ min: 0, max: 255 })
const ipv4 = fc
  .tuple(fc.integer({ min: 1, max: 223 }), octet, octet, octet)
  .filter(([first, second]) => first !== 127 && !(first === 169 && second === 254))

/** Of 2000::/3, all eight groups. */
const ipv6 = fc
  .tuple(
    fc.integer({ min: 0x20_00, max: 0x3f_ff }),
    fc.array(fc.nat(0xff_ff), { minLength: 7, maxLength: 7 }),
  )
  .map(([first, others]) => [first, ...others])

describe('addresses of a vpn.toml', () => {
  it('are one by value: of IPv4 alone, with /32, and mapped into IPv6 (fault 10)', () => {
    fc.assert(
      fc.property(ipv4, (octets) => {
        const text = octets.join('.')
        const [a, b, c, d] = octets
        const hex = `::ffff:${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`
        for (const one of [
          text,
          `${text}/32`,
          `::ffff:${text}`,
          `::FFFF:${text}/128`,
          hex,
          `0:0:0:0:0:ffff:${text}`,
        ])
          expect(read(one)).toBe(`${text}/32`)
      }),
    )
  })

  it('are one by value: of IPv6 in any case, with zeros before numbers or without (fault 10)', () => {
    fc.assert(
      fc.property(ipv6, (groups) => {
        const short = groups.map((one) => one.toString(16)).join(':')
        const long = groups.map((one) => one.toString(16).toUpperCase().padStart(4, '0')).join(':')
        expect(read(short)).toMatch(/^[0-9a-f:]+\/128$/)
        expect(read(long)).toBe(read(short))
        expect(read(`${long}/128`)).toBe(read(short))
        expect(read(read(short))).toBe(read(short))
      }),
    )
  })

  it('have no zone, no octal number, and no bit behind the prefix (fault 10)', () => {
    const bits = fc.integer({ min: 8, max: 31 })
    fc.assert(
      fc.property(ipv4, ipv6, bits, ([first, ...others], groups, length) => {
        const text = [first, ...others].join('.')
        expect(read(`0${text}`)).toMatch(/is no network or address/)
        expect(read(`0x${first.toString(16)}.${others.join('.')}`)).toMatch(/is no network or address/)
        expect(read(`${groups.map((one) => one.toString(16)).join(':')}%eth0`)).toMatch(
          /is no network or address/,
        )
        const word = [first, ...others].reduce((all, one) => all * 256 + one, 0)
        const isClean = word % 2 ** (32 - length) === 0
        expect(read(`${text}/${length}`)).toMatch(isClean ? /^[\d.]+\/\d+$/ : /has bits behind its prefix/)
      }),
    )
  })
})
