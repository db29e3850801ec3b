import { untilAborted } from '../token/untilAborted.ts'
import { withFolderLock } from '../../lib/files/withFolderLock.ts'
import { rfc3339 } from '../../lib/text/rfc3339.ts'
import { type LookingWorld, openTrouble } from '../agent/trouble.ts'
import type { WantedProfile } from './decideChange.ts'
import { openRecords } from './profileRecords.ts'
import { reconcile } from './reconcile.ts'
import { openToldFaults } from './openToldFaults.ts'
import { openToldNotes } from './openToldNotes.ts'
import { takenNames } from './takenNames.ts'
import { wantedProfiles } from './wantedProfiles.ts'
import { openMemory } from './watchMemory.ts'
import { watchFiles, type WatchOptions, type WatchSpec } from './watchSpec.ts'
import type { WatchState } from './watchState.ts'

/** What a check came to. */
export interface Checked {
  readonly state: WatchState
  /** Whether something did not answer, or could not be done, that may be later. */
  readonly mayHelp: boolean
}

/** Brings profiles to what a file says. */
export interface Checker {
  /** Reads the file, asks for names and lists, and applies what comes of it. @throws the reason of the signal */
  check(signal: AbortSignal): Promise<Checked>
  /** Applies what the last check found; the file is not read, and nobody is asked. @throws the reason of the signal */
  applyAgain(signal: AbortSignal): Promise<Checked>
}

/** Opens what brings the profiles of a file to what it says. Nobody else changes those of its folder meanwhile, or those of watches that come before. */
export const openChecker = (spec: WatchSpec, options: WatchOptions, world: LookingWorld): Checker => {
  const { folder, earlier, place, sources } = spec
  const memory = openMemory(folder, world)
  const tellFaults = openToldFaults(folder, world)
  const tellNotes = openToldNotes(spec, world)
  const reading = openTrouble(world, {
    begun: 'profiles-invalid',
    over: { kind: 'profiles-valid', text: 'The file can be used again.' },
    subject: folder,
  })
  const placing = openTrouble(world, {
    begun: 'profiles-unknown',
    over: { kind: 'profiles-known', text: 'It can be told again which profiles are installed.' },
    subject: folder,
  })
  /** Undefined where the file cannot be used: nothing is changed then. */
  let wanted: readonly WantedProfile[] | undefined
  const nothing = { mayHelp: false, sources: [], notes: [] }
  let asked: Pick<Checked, 'mayHelp'> & Pick<WatchState, 'sources' | 'notes'> = nothing

  const learn = async (signal: AbortSignal): Promise<void> => {
    try {
      const follow = wantedProfiles(spec, (profile, tunnels) => sources.follow(profile, tunnels, signal))
      const { profiles, followed, notes } = await untilAborted(follow, signal)
      wanted = profiles
      tellFaults(followed.faults)
      tellNotes(notes)
      asked = {
        mayHelp: followed.faults.some(({ mayPass }) => mayPass),
        sources: followed.faults.map(({ text }) => text),
        notes: [...notes],
      }
      reading.end()
    } catch (error) {
      signal.throwIfAborted()
      wanted = undefined
      asked = nothing
      reading.begin(error)
    }
  }

  const apply = async (before: WatchState, signal: AbortSignal): Promise<Checked> => {
    const records = openRecords(before.profiles, place, world)
    const stateNow = (): WatchState => ({
      version: 1,
      checkedAt: before.checkedAt,
      profiles: [...records.all],
      sources: asked.sources,
      notes: asked.notes,
      error: reading.error ?? placing.error,
    })
    const remember = () => memory.write(stateNow())
    try {
      const taken = await takenNames(earlier)
      if (wanted) await reconcile(wanted, { place, folder, taken, records, world, signal, remember }, options)
      placing.end()
    } catch (error) {
      signal.throwIfAborted()
      placing.begin(error)
    } finally {
      await remember()
    }
    const hasFailed = records.all.some(({ condition }) => condition === 'failed' || condition === 'held')
    return { state: stateNow(), mayHelp: asked.mayHelp || placing.error !== undefined || hasFailed }
  }

  // It is not left before a place that was told to stop has: what it does is done whole.
  const locked = (signal: AbortSignal, act: () => Promise<Checked>): Promise<Checked> =>
    [...earlier, folder].reduceRight(
      (inner, one) => () => withFolderLock(watchFiles(one).lock, inner, { signal }),
      act,
    )()

  return {
    check: (signal) =>
      locked(signal, async () => {
        await learn(signal)
        return apply({ ...(await memory.read()), checkedAt: rfc3339(world.now()) }, signal)
      }),
    applyAgain: (signal) => locked(signal, async () => apply(await memory.read(), signal)),
  }
}
