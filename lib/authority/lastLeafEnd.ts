import { leafLimits } from '../profile/leafProfile.ts'
import { issuingStaleMilliseconds } from './authority.ts'
import type { Generation } from './generation.ts'

/**
 * How long after a change a leaf may be issued by what was before, in milliseconds: until the oldest cached authority is
 * dropped, and 9 minutes for the request under way, the writing of the change, and clocks that differ.
 */
const lateMilliseconds = issuingStaleMilliseconds + 9 * 60_000

/** After this, no instance signs leaves for a generation that stopped, nor is a leaf beneath it valid. */
export const lastLeafEnd = ({ state, changedAt, tbs }: Generation): Date => {
  if (state === 'staged') return changedAt
  const longest = leafLimits.maxLifetimeSeconds * 1000 + lateMilliseconds
  return new Date(Math.min(changedAt.getTime() + longest, tbs.notAfter.getTime()))
}
