import { rfc3339 } from '../../lib/text/rfc3339.ts'
import type { AgentWorld } from '../agent/agentWorld.ts'
import type { ProfilePlace } from '../vpnProfile/profilePlace.ts'
import { sameName } from './decideChange.ts'
import type { ProfileRecord } from './watchState.ts'

/** What is known of profiles while they are looked at. */
export interface ProfileRecords {
  readonly all: readonly ProfileRecord[]
  /** Names of profiles that are this watch's. */
  readonly managed: readonly string[]
  /** Names of those whose change was begun, and came to no end. */
  readonly begun: readonly string[]
  of(name: string): ProfileRecord | undefined
  /** Remembers a condition. @returns whether it is another one than before, or for another reason: each is told once */
  set(next: Omit<ProfileRecord, 'since' | 'isBegun'>): boolean
  /** Takes note that a profile is touched from now on, and is this watch's: until it was looked at again as a whole. */
  begin(name: string): void
  forget(name: string): void
}

/** Opens what is known of profiles. */
export const openRecords = (
  known: readonly ProfileRecord[],
  place: Pick<ProfilePlace, 'platform'>,
  world: Pick<AgentWorld, 'now'>,
): ProfileRecords => {
  let all = known
  const of = (name: string) => all.find((one) => sameName(place, one.name, name))
  const without = (name: string) => all.filter((one) => !sameName(place, one.name, name))
  const named = (isMeant: (record: ProfileRecord) => boolean) => all.filter(isMeant).map(({ name }) => name)
  const set: ProfileRecords['set'] = (next) => {
    const before = of(next.name)
    const isSame = before?.condition === next.condition
    const isOver = next.condition === 'current' || next.condition === 'mismatched'
    const isBegun = !isOver && before?.isBegun === true
    const since = isSame ? before.since : rfc3339(world.now())
    all = [...without(next.name), { ...next, since, isBegun }]
    return !isSame || before.key !== next.key
  }
  return {
    get all() {
      return all
    },
    get managed() {
      return named(({ isManaged }) => isManaged)
    },
    get begun() {
      return named(({ isBegun }) => isBegun)
    },
    of,
    set,
    begin(name) {
      if (of(name)?.isManaged !== true)
        set({ name, isManaged: true, condition: 'applying', text: `"${name}" is being made.`, key: '' })
      all = all.map((one) => (sameName(place, one.name, name) ? { ...one, isBegun: true } : one))
    },
    forget(name) {
      all = without(name)
    },
  }
}
