import type { Kept } from './runAgent.ts'
import { keepTrust } from './keepTrust.ts'
import type { TrustSpec } from './trustSpec.ts'
import { readTrustState, type TrustState } from './trustState.ts'

/** Whether a look would come early: not after one that failed when something changed, nor where the clock went back since. */
const isEarly = ({ nextAt, confirmedAt, failures }: TrustState, now: Date, hasChanged: boolean): boolean => {
  const isOfFuture = confirmedAt !== undefined && Date.parse(confirmedAt) > now.getTime()
  return Date.parse(nextAt) > now.getTime() && !isOfFuture && !(hasChanged && failures > 0)
}

/** Lets an agent keep a trust bundle. A restart asks for nothing early. */
export const keptTrust = (spec: TrustSpec): Kept => ({
  subject: spec.folder,
  aheadSeconds: () => Promise.resolve(0),
  async look({ world, signal, hasChanged }) {
    const state = await readTrustState(spec.folder, spec.tenant)
    if (isEarly(state, world.now(), hasChanged)) return new Date(state.nextAt)
    return (await keepTrust(spec, world, signal)).nextAt
  },
})
