import type { Deadline, Wait } from '../deadline/deadline.ts'
import { Refusal } from '../errors/refusal.ts'

/** How places are given. */
export interface PlacesOptions {
  /** How many requests are in the instance at once. */
  readonly total: number
  /** Milliseconds of a monotonic clock. */
  readonly clock: () => number
  /** A random number from 0 to 1. */
  readonly chance: () => number
}

/** Whose request waits. */
export interface Holder {
  readonly tenant: string
  /** Unique within the tenant. */
  readonly subject: string
}

/** Gives a place back; further calls do nothing. */
export type Leave = () => void

/** A place that is taken. */
export interface Place {
  readonly holder: Holder
  readonly leave: Leave
}

/**
 * Places in the instance, for requests that wait for tables, token issuers or vaults. Nobody waits for a place: who gets
 * none is refused at once, because a request that waits in the instance takes the room of another before its door.
 */
export interface Places {
  /**
   * Takes a place for a request whose token is authentic, until it is answered. A tenant has half of the places at most
   * where another was here within a minute, and a subject an eighth of those where its tenant had another within a minute.
   * @throws {Refusal} `overloaded` or `subject-busy`
   */
  enter(holder: Holder): Leave
  /**
   * Takes a place for a request of whoever has not proven anything, while it waits for what is not known. All of them have
   * at most a quarter of the places, unless nobody has proven anything within a minute.
   * @throws {Refusal} `overloaded`
   */
  enterAsStranger(): Leave
  /** Lets a subject have two things written at once: certificates or reports. @throws {Refusal} `subject-busy` */
  write(holder: Holder): Leave
  /** How many are taken. */
  readonly taken: number
}

/** Tells clients that were turned away together to come again at different times. */
export const overloaded = (why: string, chance: number): Refusal =>
  new Refusal('overloaded', `Cannot answer now: ${why}.`, { retryAfterSeconds: 1 + Math.round(4 * chance) })

const busy = (count: number, chance: number): Refusal =>
  new Refusal('subject-busy', `Cannot answer now: ${count} requests like this one are under way already.`, {
    retryAfterSeconds: 1 + Math.round(2 * chance),
  })

/** How many certificates of one subject are signed at once, or reports of a relying party written. */
const writesOfSubject = 2

/** How long whoever was here counts as one who may come again. */
const latelyMilliseconds = 60_000

/** Counts by name, and forgets names that have nothing. */
const openTally = () => {
  const counts = new Map<string, number>()
  const add = (name: string, change: 1 | -1): void => {
    const count = (counts.get(name) ?? 0) + change
    if (count === 0) counts.delete(name)
    else counts.set(name, count)
  }
  return {
    of: (name: string): number => counts.get(name) ?? 0,
    take(names: readonly string[]): Leave {
      for (const name of names) add(name, 1)
      let isHeld = true
      return () => {
        if (isHeld) for (const name of names) add(name, -1)
        isHeld = false
      }
    },
  }
}

/** Tells whether somebody shares with others, of whom it remembers no more than two. */
const openCompany = (clock: () => number) => {
  let last = { name: '', at: Number.NEGATIVE_INFINITY }
  /** When anybody but the last was here. */
  let otherAt = Number.NEGATIVE_INFINITY
  const isLately = (at: number) => clock() - at < latelyMilliseconds
  return {
    see(name: string): void {
      if (name !== last.name) otherAt = last.at
      last = { name, at: clock() }
    },
    /** Whether another than the last was here lately. */
    get isShared(): boolean {
      return isLately(otherAt)
    },
    get isEmpty(): boolean {
      return !isLately(last.at)
    },
  }
}

type Company = ReturnType<typeof openCompany>

const ofTenant = (tenant: string) => `tenant ${tenant}`
const ofSubject = ({ tenant, subject }: Holder) => `subject ${tenant} ${subject}`

/** Shares the places of an instance out. */
export const openPlaces = ({ total, clock, chance }: PlacesOptions): Places => {
  const tally = openTally()
  const tenants = openCompany(clock)
  const subjectsOf = new Map<string, Company>()
  const checkRoom = (name: string, most: number, why: string): void => {
    if (tally.of('all') >= total || tally.of(name) >= most) throw overloaded(why, chance())
  }
  /** Whoever comes has all that there is, or a part of it while it was shared lately. */
  const shareOf = (
    most: number,
    company: Company,
    { name, part }: { name: string; part: number },
  ): number => {
    company.see(name)
    return company.isShared ? Math.ceil(most * part) : most
  }
  const subjectsIn = (tenant: string): Company => {
    const subjects = subjectsOf.get(tenant) ?? openCompany(clock)
    subjectsOf.set(tenant, subjects)
    return subjects
  }
  return {
    get taken() {
      return tally.of('all')
    },
    enter(holder) {
      const [tenant, subject] = [ofTenant(holder.tenant), ofSubject(holder)]
      const most = shareOf(total, tenants, { name: holder.tenant, part: 1 / 2 })
      const subjects = subjectsIn(holder.tenant)
      const mostOfSubject = shareOf(most, subjects, { name: holder.subject, part: 1 / 8 })
      checkRoom(tenant, most, 'too many requests of the tenant are under way')
      if (tally.of(subject) >= mostOfSubject) throw busy(mostOfSubject, chance())
      return tally.take(['all', tenant, subject])
    },
    enterAsStranger() {
      const most = tenants.isEmpty ? total : Math.ceil(total / 4)
      checkRoom('strangers', most, 'too much is asked for that is not known yet')
      return tally.take(['all', 'strangers'])
    },
    write(holder) {
      const writes = `writes of ${ofSubject(holder)}`
      if (tally.of(writes) >= writesOfSubject) throw busy(writesOfSubject, chance())
      return tally.take([writes])
    },
  }
}

/** How a request waits for what others may wait for too. */
export interface Waits {
  /** Waits for what is of a tenant that this instance knows, or in a place that the request has. */
  readonly wait: Wait
  /** Waits in a place of those who have not proven anything. @throws {Refusal} `overloaded` */
  readonly waitAsStranger: Wait
}

/** Lets a request wait until its deadline. */
export const waitsOf = (deadline: Deadline, places: Places): Waits => ({
  wait: (answer, late) => deadline.within(answer(), late),
  async waitAsStranger(answer, late) {
    const leave = places.enterAsStranger()
    try {
      return await deadline.within(answer(), late)
    } finally {
      leave()
    }
  },
})
