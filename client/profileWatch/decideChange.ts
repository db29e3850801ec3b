import type { Difference, ProfileForm, ProfilePlace } from '../vpnProfile/profilePlace.ts'

/** The profile of a tunnel that the file has. */
export type WantedProfile =
  | {
      readonly kind: 'formed'
      readonly name: string
      readonly form: ProfileForm
      /** Routes without any address: it is not created without them. */
      readonly lacking: readonly string[]
    }
  /** Nothing is done with it: what is installed stays. */
  | {
      readonly kind: 'held'
      readonly name: string
      /** `failed` where nobody but an administrator can help. */
      readonly condition: 'held' | 'failed'
      readonly text: string
    }

/** What is to be done with the profile of one tunnel. */
export type Change =
  | { readonly kind: 'keep'; readonly name: string }
  | {
      readonly kind: 'hold'
      readonly name: string
      /** `foreign`: another watch manages it. */
      readonly condition: 'held' | 'failed' | 'foreign'
      readonly text: string
    }
  | { readonly kind: 'create'; readonly name: string; readonly wanted: ProfileForm }
  | {
      /** `foreign`: it is somebody else's, and stays. */
      readonly kind: 'replace' | 'foreign'
      readonly name: string
      readonly wanted: ProfileForm
      readonly installed: ProfileForm
      readonly differences: readonly Difference[]
    }

/** What a decision is made by. */
export interface Grounds {
  readonly installed: readonly ProfileForm[]
  /** Names of profiles that are this watch's. */
  readonly managed: readonly string[]
  /** Names of those that are of watches that come before: two would replace each other's again and again. */
  readonly taken: readonly string[]
  /** Names of those whose change was begun, and came to no end: they are applied though nothing differs. */
  readonly begun: readonly string[]
  readonly place: Pick<ProfilePlace, 'platform' | 'differences'>
}

/** Compares names as the platform does. */
export const sameName = ({ platform }: Pick<ProfilePlace, 'platform'>, one: string, other: string): boolean =>
  platform.startsWith('windows') ? one.toLowerCase() === other.toLowerCase() : one === other

/** Finds the profile of a name. */
export const profileOfName = (
  name: string,
  { installed, place }: Pick<Grounds, 'installed' | 'place'>,
): ProfileForm | undefined => installed.find((one) => sameName(place, one.name, name))

const isIn = (names: readonly string[], name: string, { place }: Grounds): boolean =>
  names.some((one) => sameName(place, one, name))

const isManaged = (name: string, grounds: Grounds): boolean =>
  isIn(grounds.managed, name, grounds) && !isIn(grounds.taken, name, grounds)

/**
 * Decides what is to be done with a tunnel of the file. A profile that is as it is to be is taken over, whoever made it.
 * @param adopts whether others' are taken over that are not.
 */
export const decideChange = (wanted: WantedProfile, grounds: Grounds, adopts: boolean): Change => {
  if (isIn(grounds.taken, wanted.name, grounds)) {
    const text = `"${wanted.name}" is kept by another [[profiles]] of this client, and left to it: one of the two tunnels wants another name.`
    return { kind: 'hold', name: wanted.name, condition: 'foreign', text }
  }
  if (wanted.kind === 'held') return { ...wanted, kind: 'hold' }
  const { name, form, lacking } = wanted
  const installed = profileOfName(name, grounds)
  if (!installed) {
    if (lacking.length === 0) return { kind: 'create', name, wanted: form }
    const text = `Nothing is installed yet: no address of ${lacking.join(', ')} is known.`
    return { kind: 'hold', name, condition: 'held', text }
  }
  const differences = grounds.place.differences(form, installed)
  if (differences.length === 0 && !isIn(grounds.begun, name, grounds)) return { kind: 'keep', name }
  const kind = adopts || isManaged(name, grounds) ? 'replace' : 'foreign'
  return { kind, name, wanted: form, installed, differences }
}

/**
 * Decides which profiles go: what is this watch's, and no more in the file, once all that is in the file is there; and others'
 * where that is asked for, unless none is managed.
 * @param names of the tunnels that the file has.
 */
export const decideRemovals = (
  names: readonly string[],
  grounds: Grounds,
  removesUnmanaged: boolean,
): readonly ProfileForm[] => {
  const { installed, place } = grounds
  if (!names.every((name) => profileOfName(name, grounds))) return []
  const hasManaged = names.some((name) => isManaged(name, grounds))
  return installed.filter(
    ({ name }) =>
      !names.some((one) => sameName(place, one, name)) &&
      (isManaged(name, grounds) || (removesUnmanaged && hasManaged)),
  )
}
