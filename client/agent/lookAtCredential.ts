import type { CredentialStore, HeldCredential } from '../credential/credentialStore.ts'
import type { AgentState, StateFile } from './agentState.ts'
import type { AgentWorld } from './agentWorld.ts'
import { lookAgain, momentOf, type NextAction, nextAction, usualWindow } from './nextAction.ts'
import type { ServiceClock } from './serviceClock.ts'

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

/** Where it is looked. */
export interface Looked {
  readonly store: Pick<CredentialStore, 'held'>
  readonly state: Pick<StateFile, 'read'>
}

/** Chooses the moment of the renewal of what somebody else put there. */
const planned = (
  { serialNumber, notBefore, notAfter }: HeldCredential,
  { clockAheadSeconds }: AgentState,
  { world, clock }: LookingAt,
): AgentState => ({
  version: 1,
  clockAheadSeconds,
  failures: 0,
  serialNumber,
  notBefore: notBefore.toISOString(),
  notAfter: notAfter.toISOString(),
  renewAt: momentOf(usualWindow({ notBefore, notAfter }), world.chance(), clock.now()).toISOString(),
})

/** Looks at what is held and what is remembered of it, and decides what comes next. Changes nothing. */
export const lookAtCredential = async (
  {
    store,
    state: file,
  }: { readonly store: Pick<CredentialStore, 'held'>; readonly state: Pick<StateFile, 'read'> },
  looking: LookingAt,
): Promise<Sight> => {
  const { clock, hasChanged = false, minLeftMilliseconds = 0 } = looking
  const [held, known] = [await store.held(), await file.read()]
  const isPlanned = held !== undefined && known.serialNumber !== held.serialNumber
  const found = isPlanned ? planned(held, known, looking) : known
  const state = hasChanged ? lookAgain(found) : found
  const action = nextAction({ held, state, minLeftMilliseconds }, clock.now())
  return { held, state, isPlanned, action }
}
