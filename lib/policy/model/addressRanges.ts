import { compareAddresses, type IpAddress } from '../../text/ipAddress.ts'
import { firstOf, lastOf, prefixOf } from '../../text/ipPrefix.ts'

interface Range {
  readonly first: IpAddress
  readonly last: IpAddress
}

const rangeOf = (cidr: string): Range | undefined => {
  const prefix = prefixOf(cidr)
  return prefix && { first: firstOf(prefix), last: lastOf(prefix) }
}

/** Tells whether a text is a range of IPv4 or IPv6 addresses in CIDR notation (RFC 4632 section 3.1). */
export const isAddressRange = (text: string): boolean => rangeOf(text) !== undefined

const checkedRangeOf = (cidr: string): Range => {
  const range = rangeOf(cidr)
  if (range) return range
  throw new Error(`"${cidr}" is no range of addresses.`)
}

/** Sorts ranges, and joins those that overlap: only the last one that begins before an address can hold it then. */
const joined = (ranges: readonly Range[]): readonly Range[] => {
  const found: Range[] = []
  for (const range of ranges.toSorted((one, other) => compareAddresses(one.first, other.first))) {
    const before = found.at(-1)
    if (!before || compareAddresses(before.last, range.first) < 0) found.push(range)
    else if (compareAddresses(before.last, range.last) < 0)
      found.splice(-1, 1, { ...before, last: range.last })
  }
  return found
}

/** Tells whether one of sorted ranges holds an address, by bisection. */
const holds = (ranges: readonly Range[], address: IpAddress): boolean => {
  let from = 0
  let to = ranges.length
  while (from < to) {
    const middle = (from + to) >> 1
    const range = ranges[middle]
    if (range && compareAddresses(range.last, address) < 0) from = middle + 1
    else to = middle
  }
  const range = ranges[from]
  return range !== undefined && compareAddresses(range.first, address) <= 0
}

/** Tells of addresses whether they are in one of some ranges. */
export type AddressRanges = (address: IpAddress) => boolean

/** Compiles ranges that isAddressRange() knows. @throws {Error} for others. */
export const addressRanges = (cidrs: readonly string[]): AddressRanges => {
  const ranges = cidrs.map(checkedRangeOf)
  const byWords = [1, 4].map((count) => joined(ranges.filter(({ first }) => first.length === count)))
  const [v4 = [], v6 = []] = byWords
  return (address) => holds(address.length === 1 ? v4 : v6, address)
}
