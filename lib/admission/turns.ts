import { overloaded } from './places.ts'

/** How turns are given. */
export interface TurnsOptions {
  /** The most that wait of one tenant: no more than the instance takes, unless no platform stands before it. */
  readonly mostWaitingOfTenant: number
  /** A random number from 0 to 1. */
  readonly chance: () => number
  /** Calls back when whatever else the process has to do had its turn. */
  readonly afterOthers: (callback: () => void) => void
}

/** Lets requests begin in turns. */
export interface Turns {
  /**
   * Waits for a turn: one begins in each pass of the event loop, round robin over the tenants that wait, so that neither
   * requests under way nor other tenants wait for the crowd before one tenant's door. A turn is for computing alone, and
   * over when that is: nobody holds one while waiting for an answer.
   * @throws {Refusal} `overloaded` when too many wait.
   */
  take(tenant: string): Promise<void>
  /** How many wait. */
  readonly depth: number
}

/** Gives turns to callers of whom nothing is known but the tenant that they ask for. */
export const openTurns = ({ mostWaitingOfTenant, chance, afterOthers }: TurnsOptions): Turns => {
  /** By tenant; the first in the map is served next. */
  const waiting = new Map<string, (() => void)[]>()
  let depth = 0
  let isTaken = false

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

  const begin = (work: () => void): void => {
    isTaken = true
    work()
    afterOthers(() => {
      isTaken = false
      const after = next()
      if (after) begin(after)
    })
  }

  return {
    get depth() {
      return depth
    },
    take(tenant) {
      const queue = waiting.get(tenant) ?? []
      if (queue.length >= mostWaitingOfTenant)
        return Promise.reject(overloaded('too many requests wait for the processor', chance()))
      return new Promise((resolve) => {
        if (!isTaken) return begin(resolve)
        queue.push(resolve)
        waiting.set(tenant, queue)
        depth += 1
      })
    },
  }
}
