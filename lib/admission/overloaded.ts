import { Refusal } from '../errors/refusal.ts'

/**
 * The refusal of a request that there is no room for.
 * @param chance a random number from 0 to 1: clients that were turned away together do not come again together.
 */
export const overloaded = (what: string, chance: number): Refusal =>
  new Refusal('overloaded', `Cannot enroll now: ${what}.`, { retryAfterSeconds: 1 + Math.round(4 * chance) })
