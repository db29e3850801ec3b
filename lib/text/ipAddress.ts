import ipaddr from 'ipaddr.js'

const { IPv4, IPv6 } = ipaddr

/** The bits of an IP address, as unsigned 32-bit words: one of IPv4, four of IPv6. */
export type IpAddress = readonly number[]

/** Reads digits of a base. */
const numberOf = (digits: readonly number[], base: number): number =>
  digits.reduce((number, digit) => number * base + digit, 0)

/** One of IPv4 that is mapped into IPv6 (RFC 4291 section 2.5.5.2) is that of IPv4. */
const unmapped = (words: IpAddress): IpAddress => {
  const [first, second, third] = words
  return first === 0 && second === 0 && third === 0xff_ff ? words.slice(3) : words
}

/** Matches an address that ends like one of IPv4 and is not mapped (RFC 4291 section 2.5.5.1), and one with a zone. */
const ambiguous = /^::\d+\.|%/

/**
 * Reads an IP address; undefined for what is none, and for what programs read differently: octal and hexadecimal numbers of
 * IPv4, missing ones, deprecated forms of IPv6, zones.
 */
export const addressOf = (text: string): IpAddress | undefined => {
  if (!text.includes(':'))
    return IPv4.isValidFourPartDecimal(text) ? [numberOf(IPv4.parse(text).octets, 0x1_00)] : undefined
  if (ambiguous.test(text) || !IPv6.isValid(text)) return undefined
  const { parts } = IPv6.parse(text)
  return unmapped([0, 2, 4, 6].map((at) => numberOf(parts.slice(at, at + 2), 0x1_00_00)))
}

const octetsOf = (word: number): readonly number[] => [24, 16, 8, 0].map((shift) => (word >>> shift) & 0xff)

/** Prints an address in its one canonical spelling: four decimal numbers, or RFC 5952. */
export const printAddress = (address: IpAddress): string => {
  const octets = address.flatMap(octetsOf)
  return address.length === 1 ? octets.join('.') : new IPv6(octets).toRFC5952String()
}

/** Orders addresses of one family by value. */
export const compareAddresses = (one: IpAddress, other: IpAddress): number => {
  for (let index = 0; index < one.length; index++) {
    const difference = (one[index] ?? 0) - (other[index] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
