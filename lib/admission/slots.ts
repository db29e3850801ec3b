import { Refusal } from '../errors/refusal.ts'
import { overloaded } from './overloaded.ts'

/** How many may do at once what is scarce. */
export interface SlotsOptions {
  readonly total: number
  /** The most that one tenant has of them: so there are some left for others, whatever it does. */
  readonly ofTenant: number
  /** The most that one subject has, those it waits for included. */
  readonly ofSubject: number
  /** The most that wait of one tenant. */
  readonly maxWaitingOfTenant: number
  /** A random number from 0 to 1. */
  readonly chance: () => number
}

/** Who wants a slot. */
export interface SlotHolder {
  readonly tenant: string
  /** Unique within the deployment: a hash of the token issuer and its subject. */
  readonly subject: string
}

/** Slots for signatures, of which a key makes so many a second and no more. */
export interface Slots {
  /**
   * Waits for a slot: the tenant that has the fewest is served next, among several the one that was served, or came, longest ago.
   * @param milliseconds the longest to wait for it.
   * @returns what gives it back; further calls do nothing.
   * @throws {Refusal} `subject-busy` or `overloaded`
   */
  acquire(holder: SlotHolder, milliseconds: number): Promise<() => void>
  /** How many run, and how many wait. */
  readonly depth: { readonly running: number; readonly waiting: number }
}

/** What a tenant has and wants. */
interface Share {
  running: number
  readonly waiting: (() => void)[]
}

/** Counts by name, without remembering names that have nothing. */
const tally = () => {
  const counts = new Map<string, number>()
  return {
    of: (name: string): number => counts.get(name) ?? 0,
    add(name: string, change: 1 | -1): void {
      const count = (counts.get(name) ?? 0) + change
      if (count === 0) counts.delete(name)
      else counts.set(name, count)
    },
  }
}

/** Gives out slots. */
export const slotsOf = (options: SlotsOptions): Slots => {
  const { total, ofTenant, ofSubject, maxWaitingOfTenant, chance } = options
  /** The tenants that have or want slots; the one that was served, or came, longest ago first. */
  const shares = new Map<string, Share>()
  const subjects = tally()
  let running = 0
  let waiting = 0

  const shareOf = (tenant: string): Share => shares.get(tenant) ?? { running: 0, waiting: [] }

  /** Puts the tenant behind all others. */
  const occupy = (tenant: string, share: Share): void => {
    running += 1
    share.running += 1
    shares.delete(tenant)
    shares.set(tenant, share)
  }

  /** The tenant to serve, and its share. */
  const next = (): readonly [string, Share] | undefined => {
    let least: readonly [string, Share] | undefined
    for (const [tenant, share] of shares) {
      const isServable = share.waiting.length > 0 && share.running < ofTenant
      if (isServable && (!least || share.running < least[1].running)) least = [tenant, share]
    }
    return least
  }

  /** One slot became free: one waits for it, or nobody. */
  const serve = (): void => {
    const served = next()
    if (!served) return
    const [tenant, share] = served
    const begin = share.waiting.shift()
    waiting -= 1
    occupy(tenant, share)
    begin?.()
  }

  const forget = (tenant: string, share: Share): void => {
    if (share.running === 0 && share.waiting.length === 0) shares.delete(tenant)
  }

  const release = ({ tenant, subject }: SlotHolder): void => {
    const share = shareOf(tenant)
    subjects.add(subject, -1)
    running -= 1
    share.running -= 1
    forget(tenant, share)
    serve()
  }

  /** Waits in the row of the tenant; who waited too long leaves it, so that no slot is kept for nobody. */
  const wait = (tenant: string, share: Share, milliseconds: number): Promise<void> =>
    new Promise((resolve, reject) => {
      const begin = (): void => {
        clearTimeout(timer)
        resolve()
      }
      const timer = setTimeout(() => {
        share.waiting.splice(share.waiting.indexOf(begin), 1)
        waiting -= 1
        forget(tenant, share)
        reject(overloaded('no signing slot became free in time', chance()))
      }, milliseconds)
      share.waiting.push(begin)
      waiting += 1
      shares.set(tenant, share)
    })

  const enter = async (tenant: string, milliseconds: number): Promise<void> => {
    const share = shareOf(tenant)
    if (running < total && share.running < ofTenant && share.waiting.length === 0)
      return occupy(tenant, share)
    if (share.waiting.length >= maxWaitingOfTenant)
      throw overloaded('too many requests of the tenant wait for a signature', chance())
    await wait(tenant, share, milliseconds)
  }

  return {
    get depth() {
      return { running, waiting }
    },
    async acquire({ tenant, subject }, milliseconds) {
      if (subjects.of(subject) >= ofSubject)
        throw new Refusal(
          'subject-busy',
          `Cannot enroll now: ${ofSubject} certificates of the user are being signed already.`,
          { retryAfterSeconds: 1 + Math.round(2 * chance()) },
        )
      subjects.add(subject, 1)
      try {
        await enter(tenant, milliseconds)
      } catch (error) {
        subjects.add(subject, -1)
        throw error
      }
      let isHeld = true
      return () => {
        if (isHeld) release({ tenant, subject })
        isHeld = false
      }
    },
  }
}
