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

/** Tells after how many seconds something may happen once more: 0 where it may now, which then counts as done. */
type WaitingBucket = () => number

const waitingBucket = ({ capacity, perSecond, clock }: BucketOptions): WaitingBucket => {
  let level = capacity
  let filledAt = clock()
  return () => {
    const now = clock()
    level = Math.min(capacity, level + (Math.max(0, now - filledAt) / 1000) * perSecond)
    filledAt = now
    if (level < 1) return (1 - level) / perSecond
    level -= 1
    return 0
  }
}

/** Allows bursts, and bounds what happens in the long run. */
export const tokenBucket = (options: BucketOptions): TokenBucket => {
  const wait = waitingBucket(options)
  return () => wait() === 0
}

interface NamedOptions extends BucketOptions {
  /** How many names are told apart: whoever came last the longest time ago is forgotten first. */
  readonly maxNames: number
}

/** Allows so much to each of many. Gives the seconds that one has to wait: 0 where it may now, which then counts as done. */
export const namedBuckets = ({ maxNames, ...options }: NamedOptions): ((name: string) => number) => {
  const buckets = new Map<string, WaitingBucket>()
  return (name) => {
    const bucket = buckets.get(name) ?? waitingBucket(options)
    buckets.delete(name)
    buckets.set(name, bucket)
    const [oldest] = buckets.keys()
    if (buckets.size > maxNames && oldest !== undefined) buckets.delete(oldest)
    return bucket()
  }
}
