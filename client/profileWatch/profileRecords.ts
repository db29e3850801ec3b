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
  of(name: string): ProfileRecord | undefined
  /** Remembers a condition. @returns whether it is another one than before, or for another reason: each is told once */
  set(next: Omit<ProfileRecord, 'since'>): boolean
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
  return {
    get all() {
      return all
    },
    get managed() {
      return all.filter(({ isManaged }) => isManaged).map(({ name }) => name)
    },
    of,
    set(next) {
      const before = of(next.name)
      const isSame = before?.condition === next.condition
      all = [...without(next.name), { ...next, since: isSame ? before.since : rfc3339(world.now()) }]
      return !isSame || before.key !== next.key
    },
    forget(name) {
      all = without(name)
    },
  }
}
