import { containsPrefix, firstOf, type IpPrefix, overlapWith, widestOf } from '../../../lib/text/ipPrefix.ts'

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

/** Finds what is left of a prefix without others, all of which lie within it. */
const remainderOf = (prefix: IpPrefix, within: readonly IpPrefix[]): readonly IpPrefix[] => {
  if (within.length === 0) return [prefix]
  if (within.some(({ bits }) => bits === prefix.bits)) return []
  return halves(prefix).flatMap((half) =>
    remainderOf(
      half,
      within.filter((one) => containsPrefix(half, one)),
    ),
  )
}

/**
 * Finds what is left of prefixes without others. The narrower one decides, as in a table of routes: one that lies within another
 * that is left out stays, and of the same one on both sides nothing does.
 * @returns in order: no two of them overlap.
 */
export const remainingPrefixes = (
  prefixes: readonly IpPrefix[],
  without: readonly IpPrefix[],
): readonly IpPrefix[] => {
  const isNear = overlapWith(without)
  const withinOf = (prefix: IpPrefix) =>
    isNear(prefix) ? without.filter((one) => containsPrefix(prefix, one)) : []
  return widestOf(prefixes.flatMap((prefix) => remainderOf(prefix, withinOf(prefix))))
}
