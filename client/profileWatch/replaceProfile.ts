import { untilAborted } from '../token/untilAborted.ts'
import { describeCause } from '../../lib/errors/describeCause.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import type { ProfileForm, TunnelState } from '../vpnProfile/profilePlace.ts'
import { type Carrying, keyOf, settingsOf, settle } from './carrying.ts'
import { sameName } from './decideChange.ts'

const why: Readonly<Record<Exclude<TunnelState, 'down'>, string>> = {
  up: 'its tunnel is up',
  unknown: 'it cannot be told whether its tunnel is up',
}

/** Tells whether a tunnel is down, and else that a change waits for that. @param key tells changes apart */
const isDown = async (
  carrying: Carrying,
  name: string,
  { what, key }: { readonly what: 'changed' | 'removed'; readonly key: string },
): Promise<boolean> => {
  const { place, signal } = carrying
  const state = await untilAborted(place.state(name, signal), signal)
  if (state === 'down') return true
  const text = `"${name}" is ${what} when its tunnel ends: ${why[state]}.`
  settle(carrying, { name, isManaged: true, condition: 'waiting', text, key }, { tunnel: state })
  return false
}

/** Does what a place may refuse; it ends by itself when the signal comes. @returns whether it was done */
const attempt = async (carrying: Carrying, name: string, act: () => Promise<void>): Promise<boolean> => {
  const { records, remember, signal } = carrying
  // Who is killed from here on finds by that whose it is, and that it has to be done once more.
  records.begin(name)
  await remember()
  signal.throwIfAborted()
  try {
    await act()
    return true
  } catch (error) {
    signal.throwIfAborted()
    const text = error instanceof Refusal ? error.detail : `Cannot change "${name}": ${describeCause(error)}.`
    settle(carrying, { name, isManaged: true, condition: 'failed', text, key: text })
    return false
  }
}

/** Holds what was applied to what is wanted: a difference that stays is told, and not applied again and again. */
const verify = async (carrying: Carrying, wanted: ProfileForm): Promise<boolean> => {
  const { place, records, signal } = carrying
  const { name } = wanted
  const installed = await untilAborted(place.installed(signal), signal)
  const found = installed.find((one) => sameName(place, one.name, name))
  if (!found) {
    const text = `"${name}" was applied, and is not there.`
    settle(carrying, { name, isManaged: true, condition: 'failed', text, key: text })
    return false
  }
  const differences = place.differences(wanted, found)
  if (differences.length === 0) {
    records.set({
      name,
      isManaged: true,
      condition: 'current',
      text: `"${name}" is as the file says.`,
      key: '',
    })
    return true
  }
  const settings = settingsOf(differences)
  const text = `"${name}" was applied, and still differs in ${settings}: it is not applied again until one of the two changes.`
  settle(
    carrying,
    { name, isManaged: true, condition: 'mismatched', text, key: keyOf(differences) },
    { settings },
  )
  return false
}

const appliedText = (name: string, installed: ProfileForm | undefined, settings: string): string => {
  if (!installed) return `"${name}" was created.`
  if (settings !== '') return `"${name}" was changed: ${settings}.`
  return `"${name}" was applied once more: its last change had come to no end.`
}

const apply = async (
  carrying: Carrying,
  {
    wanted,
    installed,
    settings,
  }: { wanted: ProfileForm; installed: ProfileForm | undefined; settings: string },
): Promise<void> => {
  const { place, signal, world, folder } = carrying
  const { name } = wanted
  const isDone = await attempt(carrying, name, () => place.apply(wanted, installed, signal))
  if (!isDone || !(await verify(carrying, wanted))) return
  world.report({
    kind: 'profile-applied',
    level: 'info',
    subject: folder,
    text: appliedText(name, installed, settings),
    facts: { profile: name, change: installed ? 'replaced' : 'created', settings },
  })
}

/** Creates a profile. */
export const createProfile = (carrying: Carrying, wanted: ProfileForm): Promise<void> =>
  apply(carrying, { wanted, installed: undefined, settings: '' })

/** Replaces a profile, once its tunnel is down; not by what was applied already, and came to the same. */
export const replaceProfile = async (
  carrying: Carrying,
  wanted: ProfileForm,
  installed: ProfileForm,
): Promise<void> => {
  const { place, records } = carrying
  const { name } = wanted
  const differences = place.differences(wanted, installed)
  const key = keyOf(differences)
  const before = records.of(name)
  if (before?.condition === 'mismatched' && before.key === key) return
  if (!(await isDown(carrying, name, { what: 'changed', key }))) return
  await apply(carrying, { wanted, installed, settings: settingsOf(differences) })
}

/** Removes a profile, once its tunnel is down. */
export const removeProfile = async (carrying: Carrying, installed: ProfileForm): Promise<void> => {
  const { place, records, signal, world, folder } = carrying
  const { name } = installed
  if (!(await isDown(carrying, name, { what: 'removed', key: 'removed' }))) return
  if (!(await attempt(carrying, name, () => place.remove(installed, signal)))) return
  records.forget(name)
  world.report({
    kind: 'profile-removed',
    level: 'info',
    subject: folder,
    text: `"${name}" was removed.`,
    facts: { profile: name },
  })
}
