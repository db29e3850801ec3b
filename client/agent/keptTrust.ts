import type { Around, Kept } from './runAgent.ts'
import { keepTrust } from './keepTrust.ts'
import type { TrustSpec } from './trustSpec.ts'
import { readTrustState, type TrustState } from './trustState.ts'
import { trustFolder } from '../trustFolder.ts'

/** Whether a look would come early: not after one that failed when something changed, nor where the clock went back since. */
const isEarly = ({ nextAt, confirmedAt, failures }: TrustState, now: Date, hasChanged: boolean): boolean => {
  const isOfFuture = confirmedAt !== undefined && Date.parse(confirmedAt) > now.getTime()
  return Date.parse(nextAt) > now.getTime() && !isOfFuture && !(hasChanged && failures > 0)
}

/**
 * Looks after a trust bundle: asks nobody early, but has what servers read be what the bundle says at each look.
 * @returns when to look again, and why the look was not all that it should have been; undefined when it was.
 * @throws {Refusal} those of keepTrust(); `trust-bundle-refused` where what is installed does not verify
 */
export const lookAtTrust = async (
  spec: TrustSpec,
  { world, signal, hasChanged }: Pick<Around, 'world' | 'signal' | 'hasChanged'>,
): Promise<{ readonly nextAt: Date; readonly error?: unknown }> => {
  const state = await readTrustState(spec.folder, spec.tenant)
  if (isEarly(state, world.now(), hasChanged)) {
    const { installed } = await trustFolder(spec.folder, spec.tenant, signal).read()
    if (installed) return { nextAt: new Date(state.nextAt) }
  }
  return keepTrust(spec, world, signal)
}

/** Lets an agent keep a trust bundle. A restart asks for nothing early. */
export const keptTrust = (spec: TrustSpec): Kept => ({
  subject: spec.folder,
  aheadSeconds: () => Promise.resolve(0),
  async look(around) {
    const { nextAt } = await lookAtTrust(spec, around)
    // The state has the time of the machine, which may have been set back; the agent's own clock never goes back.
    const wait = nextAt.getTime() - around.world.now().getTime()
    return new Date(around.clock.now().getTime() + wait)
  },
})
