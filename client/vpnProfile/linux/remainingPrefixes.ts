import { containsPrefix, firstOf, type IpPrefix } from '../../../lib/text/ipPrefix.ts'

/** Splits a prefix in two. */
const halves = (prefix: IpPrefix): readonly IpPrefix[] => {
  const [address, bits] = [firstOf(prefix), prefix.bits + 1]
  const word = Math.floor(prefix.bits / 32)
  const upper = address.map((one, index) => (index === word ? one + 2 ** (31 - (prefix.bits % 32)) : one))
  return [
    { address, bits },
    { address: upper, bits },
  ]
}

/** Finds what is left of prefixes without others, in their order. */
export const remainingPrefixes = (
  prefixes: readonly IpPrefix[],
  without: readonly IpPrefix[],
): readonly IpPrefix[] =>
  prefixes.flatMap((prefix): readonly IpPrefix[] => {
    if (without.some((one) => containsPrefix(one, prefix))) return []
    const within = without.filter((one) => containsPrefix(prefix, one))
    return within.length === 0 ? [prefix] : remainingPrefixes(halves(prefix), within)
  })
