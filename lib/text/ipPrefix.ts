import { addressOf, compareAddresses, type IpAddress, printAddress } from './ipAddress.ts'

/** A range of addresses that begin alike. */
export interface IpPrefix {
  /** The address as it was written, whose bits behind the prefix may be set. */
  readonly address: IpAddress
  /** How many bits are alike: at most 32 of IPv4, 128 of IPv6. */
  readonly bits: number
}

const cidrForm = /^([^/]+)\/(0|[1-9]\d{0,2})$/

/** Reads CIDR notation (RFC 4632 section 3.1); one of IPv4 that is mapped into IPv6 is that of IPv4. */
export const prefixOf = (cidr: string): IpPrefix | undefined => {
  const [, text = '', length = ''] = cidrForm.exec(cidr) ?? []
  const address = addressOf(text)
  if (!address) return undefined
  const isMapped = address.length === 1 && text.includes(':')
  const bits = Number(length) - (isMapped ? 96 : 0)
  return bits < 0 || bits > 32 * address.length ? undefined : { address, bits }
}

const filled = ({ address, bits }: IpPrefix, rest: 0 | 1): IpAddress =>
  address.map((word, index) => {
    const free = 2 ** Math.min(32, Math.max(0, 32 * (index + 1) - bits))
    return word - (word % free) + rest * (free - 1)
  })

/** Finds the first address of a prefix: all bits behind it are 0. */
export const firstOf = (prefix: IpPrefix): IpAddress => filled(prefix, 0)

/** Finds the last address of a prefix: all bits behind it are 1. */
export const lastOf = (prefix: IpPrefix): IpAddress => filled(prefix, 1)

/** Prints a prefix in its one canonical spelling, with no bit set behind it. */
export const printPrefix = (prefix: IpPrefix): string => `${printAddress(firstOf(prefix))}/${prefix.bits}`

/** Tells whether all of a prefix lies within another; one of the other family never does. */
export const containsPrefix = (outer: IpPrefix, inner: IpPrefix): boolean =>
  outer.address.length === inner.address.length &&
  outer.bits <= inner.bits &&
  compareAddresses(firstOf(outer), firstOf({ ...inner, bits: outer.bits })) === 0

/** Orders prefixes: IPv4 first, by value, the wider before those within. */
export const comparePrefixes = (one: IpPrefix, other: IpPrefix): number =>
  one.address.length - other.address.length ||
  compareAddresses(firstOf(one), firstOf(other)) ||
  one.bits - other.bits

/** Leaves out what lies within another prefix. @returns the others, in order: no two of them overlap */
export const widestOf = (prefixes: readonly IpPrefix[]): readonly IpPrefix[] => {
  const widest: IpPrefix[] = []
  for (const prefix of prefixes.toSorted(comparePrefixes)) {
    const last = widest.at(-1)
    if (!last || !containsPrefix(last, prefix)) widest.push(prefix)
  }
  return widest
}

/**
 * Tells how much of all addresses of their family prefixes of one family hold, each address counted once: 1 for all, which
 * all but 2^-53 of IPv6 is as well.
 */
export const shareOf = (prefixes: readonly IpPrefix[]): number =>
  widestOf(prefixes).reduce((share, { bits }) => share + 2 ** -bits, 0)

/** Counts those of sorted prefixes that come before one; halving, for there may be thousands. */
export const countBefore = (sorted: readonly IpPrefix[], prefix: IpPrefix): number => {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    const one = sorted[middle]
    if (one && comparePrefixes(one, prefix) < 0) low = middle + 1
    else high = middle
  }
  return low
}

/** Makes what tells whether a prefix has an address in common with any of others, of which there may be thousands. */
export const overlapWith = (others: readonly IpPrefix[]): ((prefix: IpPrefix) => boolean) => {
  const widest = widestOf(others)
  return (prefix) => {
    const before = countBefore(widest, prefix)
    // What holds it begins before it, and what it holds after it, with none between.
    return widest
      .slice(Math.max(0, before - 1), before + 1)
      .some((one) => containsPrefix(one, prefix) || containsPrefix(prefix, one))
  }
}
