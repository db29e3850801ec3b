import type { CredentialStore, HeldCredential } from '../credential/credentialStore.ts'
import type { AgentState, StateFile } from './agentState.ts'
import type { AgentWorld } from './agentWorld.ts'
import { lookAgain, type NextAction, nextAction, usualWindow } from './nextAction.ts'
import { type Happening, plannedState } from './plannedState.ts'
import type { ServiceClock } from './serviceClock.ts'
import { type Origin, whyAnother } from './whyAnother.ts'

/** How a credential is looked at, without doing anything. */
export interface LookingAt {
  readonly world: Pick<AgentWorld, 'chance'>
  readonly clock: ServiceClock
  /** What the certificate must still be good for; 0 when left out. */
  readonly minLeftMilliseconds?: number
  /** Whether something changed, such as the network, so that a failure may be over. */
  readonly hasChanged?: boolean
}

/** What there is to see of a credential. */
export interface Sight {
  readonly held: HeldCredential | undefined
  /** The state of what is held. */
  readonly state: AgentState
  /** Whether somebody else put there what is held: then the moment of its renewal was chosen just now, and is to be written. */
  readonly isPlanned: boolean
  readonly action: NextAction
}

/** Where it is looked, and where the certificate is to come from. */
export interface Looked extends Origin {
  readonly store: Pick<CredentialStore, 'held'>
  readonly state: Pick<StateFile, 'read'>
}

/** No certificate of a service lives longer than a day. */
const mostLifeMilliseconds = 2 * 86_400_000

/** Plans the renewal of what somebody else put there: at once where it is of another authority, whom servers do not trust. */
const planFor = (held: HeldCredential, happening: Happening): AgentState => {
  const state = plannedState(held, usualWindow(held), happening)
  const isForeign = held.notAfter.getTime() - held.notBefore.getTime() > mostLifeMilliseconds
  return isForeign ? { ...state, renewAt: happening.now.toISOString() } : state
}

/** Looks at what is held and what is remembered of it, and decides what comes next. Changes nothing. */
export const lookAtCredential = async (
  { store, state: file, tenant, url }: Looked,
  looking: LookingAt,
): Promise<Sight> => {
  const { world, clock, hasChanged = false, minLeftMilliseconds = 0 } = looking
  const [held, known] = [await store.held(), await file.read()]
  const isPlanned = held !== undefined && known.serialNumber !== held.serialNumber
  const { clockAheadSeconds, machineStartedAt } = known
  const found = isPlanned
    ? planFor(held, { now: clock.now(), chance: world.chance(), clockAheadSeconds, machineStartedAt })
    : known
  const state = hasChanged ? lookAgain(found) : found
  const action = nextAction(
    { held, state, minLeftMilliseconds, whyAnother: whyAnother(state, { tenant, url }) },
    clock.now(),
  )
  return { held, state, isPlanned, action }
}
