import ipaddr from 'ipaddr.js'

const { IPv4, IPv6 } = ipaddr

/** The bits of an IP address, as unsigned 32-bit words: one of IPv4, four of IPv6. */
export type Address = readonly number[]

/** Reads digits of a base. */
const numberOf = (digits: readonly number[], base: number): number =>
  digits.reduce((number, digit) => number * base + digit, 0)

/** One of IPv4 that is mapped into IPv6 (RFC 4291 section 2.5.5.2) is that of IPv4. */
const unmapped = (words: Address): Address => {
  const [first, second, third] = words
  return first === 0 && second === 0 && third === 0xff_ff ? words.slice(3) : words
}

/** Matches an address that ends like one of IPv4 and is not mapped (RFC 4291 section 2.5.5.1), and one with a zone. */
const ambiguous = /^::\d+\.|%/

/**
 * Reads an IP address; undefined for what is none, and for what programs read differently: octal and hexadecimal numbers of
 * IPv4, missing ones, deprecated forms of IPv6, zones.
 */
export const addressOf = (text: string): Address | undefined => {
  if (!text.includes(':'))
    return IPv4.isValidFourPartDecimal(text) ? [numberOf(IPv4.parse(text).octets, 0x1_00)] : undefined
  if (ambiguous.test(text) || !IPv6.isValid(text)) return undefined
  const { parts } = IPv6.parse(text)
  return unmapped([0, 2, 4, 6].map((at) => numberOf(parts.slice(at, at + 2), 0x1_00_00)))
}

interface Range {
  readonly first: Address
  readonly last: Address
}

/** The words of a prefix of so many bits, with the rest all 0 or all 1. */
const filled = (words: Address, bits: number, rest: 0 | 1): Address =>
  words.map((word, index) => {
    const free = 2 ** Math.min(32, Math.max(0, 32 * (index + 1) - bits))
    return word - (word % free) + rest * (free - 1)
  })

const cidrForm = /^([^/]+)\/(0|[1-9]\d{0,2})$/

const rangeOf = (cidr: string): Range | undefined => {
  const [, text = '', bits = ''] = cidrForm.exec(cidr) ?? []
  const words = addressOf(text)
  if (!words) return undefined
  const isMapped = words.length === 1 && text.includes(':')
  const prefix = Number(bits) - (isMapped ? 96 : 0)
  if (prefix < 0 || prefix > 32 * words.length) return undefined
  return { first: filled(words, prefix, 0), last: filled(words, prefix, 1) }
}

/** Tells whether a text is a range of IPv4 or IPv6 addresses in CIDR notation (RFC 4632 section 3.1). */
export const isAddressRange = (text: string): boolean => rangeOf(text) !== undefined

const checkedRangeOf = (cidr: string): Range => {
  const range = rangeOf(cidr)
  if (range) return range
  throw new Error(`"${cidr}" is no range of addresses.`)
}

const compare = (one: Address, other: Address): number => {
  for (let index = 0; index < one.length; index++) {
    const difference = (one[index] ?? 0) - (other[index] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

/** Sorts ranges, and joins those that overlap: only the last one that begins before an address can hold it then. */
const joined = (ranges: readonly Range[]): readonly Range[] => {
  const found: Range[] = []
  for (const range of ranges.toSorted((one, other) => compare(one.first, other.first))) {
    const before = found.at(-1)
    if (!before || compare(before.last, range.first) < 0) found.push(range)
    else if (compare(before.last, range.last) < 0) found.splice(-1, 1, { ...before, last: range.last })
  }
  return found
}

/** Tells whether one of sorted ranges holds an address, by bisection. */
const holds = (ranges: readonly Range[], address: Address): boolean => {
  let from = 0
  let to = ranges.length
  while (from < to) {
    const middle = (from + to) >> 1
    const range = ranges[middle]
    if (range && compare(range.last, address) < 0) from = middle + 1
    else to = middle
  }
  const range = ranges[from]
  return range !== undefined && compare(range.first, address) <= 0
}

/** Tells of addresses whether they are in one of some ranges. */
export type AddressRanges = (address: Address) => boolean

/** Compiles ranges that isAddressRange() knows. @throws {Error} for others. */
export const addressRanges = (cidrs: readonly string[]): AddressRanges => {
  const ranges = cidrs.map(checkedRangeOf)
  const byWords = [1, 4].map((count) => joined(ranges.filter(({ first }) => first.length === count)))
  const [v4 = [], v6 = []] = byWords
  return (address) => holds(address.length === 1 ? v4 : v6, address)
}
