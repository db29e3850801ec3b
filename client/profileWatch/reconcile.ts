import { untilAborted } from '../token/untilAborted.ts'
import { createProfile, removeProfile, replaceProfile } from './replaceProfile.ts'
import { type Carrying, keyOf, settingsOf, settle } from './carrying.ts'
import { type Change, decideChange, decideRemovals, sameName, type WantedProfile } from './decideChange.ts'
import type { WatchOptions } from './watchSpec.ts'

/** Remembers that a profile is as the file says; it is news where it was not, or where somebody else made it. */
const keep = (carrying: Carrying, name: string): void => {
  const { records, world, folder } = carrying
  const before = records.of(name)
  const current = {
    name,
    isManaged: true,
    condition: 'current',
    text: `"${name}" is as the file says.`,
    key: '',
  } as const
  if (before) return settle(carrying, current)
  records.set(current)
  const text = `"${name}" was there as the file says, and is kept current from now on.`
  world.report({ kind: 'profile-adopted', level: 'info', subject: folder, text, facts: { profile: name } })
}

const carryOut = async (carrying: Carrying, change: Change): Promise<void> => {
  const { records, world, folder } = carrying
  const { name } = change
  const isManaged = records.of(name)?.isManaged === true
  switch (change.kind) {
    case 'keep':
      return keep(carrying, name)
    case 'hold': {
      const { condition, text } = change
      const isKept = isManaged && condition !== 'foreign'
      return settle(carrying, { name, isManaged: isKept, condition, text, key: text })
    }
    case 'foreign': {
      const settings = settingsOf(change.differences)
      const text = `"${name}" is installed already, by somebody else, and differs in ${settings}: it is left as it is. --adopt takes it over.`
      const key = keyOf(change.differences)
      return settle(carrying, { name, isManaged: false, condition: 'foreign', text, key }, { settings })
    }
    case 'create':
      return createProfile(carrying, change.wanted)
    case 'replace': {
      if (!isManaged) {
        const text = `"${name}" is taken over from whoever made it.`
        world.report({
          kind: 'profile-adopted',
          level: 'info',
          subject: folder,
          text,
          facts: { profile: name },
        })
      }
      return replaceProfile(carrying, change.wanted, change.installed)
    }
  }
}

/**
 * Brings what is installed to what is wanted: one after the other, what has to be there before what has to go.
 * @throws {Refusal} as a place does that does not tell what is installed; the reason of the signal
 */
export const reconcile = async (
  wanted: readonly WantedProfile[],
  carrying: Carrying,
  options: WatchOptions,
): Promise<void> => {
  const { place, records, taken, signal } = carrying
  const grounds = async () => ({
    installed: await untilAborted(place.installed(signal), signal),
    managed: records.managed,
    taken,
    begun: records.begun,
    place,
  })
  const begun = await grounds()
  for (const one of wanted) await carryOut(carrying, decideChange(one, begun, options.adopt))
  const names = wanted.map(({ name }) => name)
  const done = await grounds()
  for (const one of decideRemovals(names, done, options.removeUnmanaged)) await removeProfile(carrying, one)
  const isThere = (name: string) => done.installed.some((one) => sameName(place, one.name, name))
  // What neither the file has nor the machine is nobody's any more.
  for (const { name } of records.all)
    if (!names.some((one) => sameName(place, one, name)) && !isThere(name)) records.forget(name)
}
