import {
  comparePrefixes,
  containsPrefix,
  countBefore,
  firstOf,
  type IpPrefix,
  widestOf,
} from '../../../lib/text/ipPrefix.ts'

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

/** Makes what finds those that lie within a prefix, of which there may be thousands on both sides. */
const withinFinder = (prefixes: readonly IpPrefix[]): ((outer: IpPrefix) => readonly IpPrefix[]) => {
  const sorted = prefixes.toSorted(comparePrefixes)
  return (outer) => {
    const first = countBefore(sorted, outer)
    // What lies within it comes next, with nothing else between.
    const within: IpPrefix[] = []
    for (let one = sorted[first]; one && containsPrefix(outer, one); one = sorted[first + within.length])
      within.push(one)
    return within
  }
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
  const withinOf = withinFinder(without)
  return widestOf(prefixes.flatMap((prefix) => remainderOf(prefix, withinOf(prefix))))
}
