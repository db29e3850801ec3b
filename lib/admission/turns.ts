import { overloaded } from './places.ts'

/** How turns are given. */
export interface TurnsOptions {
  /** How many begin before other work of the process gets its turn. */
  readonly atOnce: number
  /** The most that wait of one tenant: no more than the instance takes, unless no platform stands before it. */
  readonly mostWaitingOfTenant: number
  /** A random number from 0 to 1. */
  readonly chance: () => number
  /** Calls back when whatever else the process has to do had its turn. */
  readonly afterOthers: (callback: () => void) => void
}

/** Lets work that only computes begin in turns. */
export interface Turns {
  /**
   * Waits for a turn: round robin over the tenants that wait, so that the crowd before one tenant's door does not keep
   * others waiting. A turn is for computing alone, and over when that is: nobody holds one while waiting for an answer.
   * @throws {Refusal} `overloaded` when too many wait.
   */
  take(tenant: string): Promise<void>
  /** How many wait. */
  readonly depth: number
}

/** Gives turns to callers of whom nothing is known but the tenant that they ask for. */
export const openTurns = (options: TurnsOptions): Turns => {
  const { atOnce, mostWaitingOfTenant, chance, afterOthers } = options
  /** By tenant; the first in the map is served next. */
  const waiting = new Map<string, (() => void)[]>()
  let depth = 0
  let begun = 0
  let isResting = false

  const next = (): (() => void) | undefined => {
    const [first] = waiting
    if (!first) return undefined
    const [tenant, queue] = first
    const begin = queue.shift()
    waiting.delete(tenant)
    if (queue.length > 0) waiting.set(tenant, queue)
    depth -= 1
    return begin
  }

  const rest = (): void => {
    if (isResting) return
    isResting = true
    afterOthers(() => {
      isResting = false
      begun = 0
      serve()
    })
  }

  const serve = (): void => {
    while (begun < atOnce) {
      const begin = next()
      if (!begin) return
      begun += 1
      begin()
    }
    rest()
  }

  return {
    get depth() {
      return depth
    },
    take(tenant) {
      const queue = waiting.get(tenant) ?? []
      if (queue.length >= mostWaitingOfTenant)
        return Promise.reject(overloaded('too many tokens wait to be verified', chance()))
      return new Promise((resolve) => {
        queue.push(resolve)
        waiting.set(tenant, queue)
        depth += 1
        serve()
        // A count that is begun ends with the pass of the event loop, even when nobody waits.
        rest()
      })
    },
  }
}
