import { untilAborted } from '../token/untilAborted.ts'
import type { Difference, ProfileForm, TunnelState } from '../vpnProfile/profilePlace.ts'
import { decideChange, decideRemovals, profileOfName, sameName, type WantedProfile } from './decideChange.ts'
import { takenNames } from './takenNames.ts'
import { wantedProfiles } from './wantedProfiles.ts'
import type { WatchOptions, WatchSpec } from './watchSpec.ts'
import { readWatchState } from './watchState.ts'

/** What a check would do with a profile; `leave`: it is somebody else's, and not of the file. */
export interface PlannedChange {
  readonly name: string
  readonly change: 'keep' | 'hold' | 'create' | 'replace' | 'foreign' | 'remove' | 'leave'
  readonly isManaged: boolean
  readonly differences: readonly Difference[]
  /** Why nothing is done, where that has a reason. */
  readonly text: string | undefined
  /** Of the profile that is there; undefined where none is. */
  readonly tunnel: TunnelState | undefined
  readonly wanted: ProfileForm | undefined
  readonly installed: ProfileForm | undefined
}

/** What a check would do with the profiles of a file. */
export interface Plan {
  readonly changes: readonly PlannedChange[]
  /** What of the file the platform does not do, one line each. */
  readonly notes: readonly string[]
  /** What names and lists do not answer as they should, and so is not in the profiles, or is of before; one line each. */
  readonly sources: readonly string[]
}

/** How a plan is made. */
export interface Planning {
  readonly options: WatchOptions
  /** Whether names and lists are asked for; else what was answered last counts. */
  readonly asks: boolean
  readonly signal: AbortSignal
}

type Planned = Omit<PlannedChange, 'isManaged' | 'tunnel'>

/**
 * Tells what a check would do now, and changes nothing.
 * @throws {Refusal} `configuration-invalid`, `path-shared`, and as a place does that does not tell what is installed
 */
export const planChanges = async (spec: WatchSpec, { options, asks, signal }: Planning): Promise<Plan> => {
  const { place, sources } = spec
  const follow = wantedProfiles(spec, (profile, tunnels) =>
    sources.glance(profile, tunnels, { asks, signal }),
  )
  const { profiles: wanted, notes, followed } = await untilAborted(follow, signal)
  const installed = await untilAborted(place.installed(signal, true), signal)
  const { profiles } = (await readWatchState(spec.folder)).state
  const managed = profiles.filter((one) => one.isManaged).map(({ name }) => name)
  const begun = profiles.filter((one) => one.isBegun).map(({ name }) => name)
  const taken = await takenNames(spec.earlier)
  const grounds = { installed, managed, taken, begun, place }

  const changeOf = (one: WantedProfile): Planned => {
    const { kind, name, ...rest } = decideChange(one, grounds, options.adopt)
    return {
      name,
      change: kind,
      differences: 'differences' in rest ? rest.differences : [],
      text: 'text' in rest ? rest.text : undefined,
      wanted: one.kind === 'formed' ? one.form : undefined,
      installed: profileOfName(name, grounds),
    }
  }
  const changes = wanted.map(changeOf)
  const created = changes.flatMap(({ change, wanted: form }) => (change === 'create' && form ? [form] : []))
  const names = wanted.map(({ name }) => name)
  const owned = changes.filter(({ change }) => change !== 'foreign' && change !== 'hold')
  const after = {
    installed: [...installed, ...created],
    managed: [...managed, ...owned.map(({ name }) => name)],
    taken,
    begun,
    place,
  }
  const removed = decideRemovals(names, after, options.removeUnmanaged)
  const others = installed.filter(({ name }) => !names.some((one) => sameName(place, one, name)))
  const isManaged = (name: string) => managed.some((one) => sameName(place, one, name))
  const all = [
    ...changes,
    ...others.map((form): Planned => {
      const change = removed.includes(form) ? 'remove' : 'leave'
      return { name: form.name, change, differences: [], text: undefined, wanted: undefined, installed: form }
    }),
  ]
  const tunnelOf = ({ name, installed: form }: Planned) =>
    form && untilAborted(place.state(name, signal), signal)
  const planned: PlannedChange[] = []
  for (const one of all) planned.push({ ...one, isManaged: isManaged(one.name), tunnel: await tunnelOf(one) })
  // Where nobody is asked, that nobody answers says nothing.
  const faults = followed.faults.filter(({ kind }) => asks || kind === 'refused')
  return { changes: planned, notes, sources: faults.map(({ text }) => text) }
}
