/** How much may happen. */
export interface BucketOptions {
  /** How often at once. */
  readonly capacity: number
  /** How often a second in the long run. */
  readonly perSecond: number
  /** Milliseconds of any clock. */
  readonly clock: () => number
}

/** Tells whether something may happen once more. */
export type TokenBucket = () => boolean

/** Allows bursts, and bounds what happens in the long run. */
export const tokenBucket = ({ capacity, perSecond, clock }: BucketOptions): TokenBucket => {
  let level = capacity
  let filledAt = clock()
  return () => {
    const now = clock()
    level = Math.min(capacity, level + (Math.max(0, now - filledAt) / 1000) * perSecond)
    filledAt = now
    if (level < 1) return false
    level -= 1
    return true
  }
}
