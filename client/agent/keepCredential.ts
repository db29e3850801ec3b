import type { Refusal } from '../../lib/errors/refusal.ts'
import type { HeldCredential } from '../credential/credentialStore.ts'
import type { AgentState } from './agentState.ts'
import type { AgentWorld } from './agentWorld.ts'
import { attemptOnce, type Attempt } from './attemptOnce.ts'
import type { CredentialSpec } from './credentialSpec.ts'
import { runDueHooks } from './runDueHooks.ts'
import { lookAgain, momentOf, nextAction, usualWindow } from './nextAction.ts'
import type { ServiceClock } from './serviceClock.ts'

/** How a credential is looked at. */
export interface Looking {
  readonly world: AgentWorld
  readonly clock: ServiceClock
  readonly signal: AbortSignal
  /** What the certificate must still be good for; 0 when left out. */
  readonly minLeftMilliseconds?: number
  /** Whether something changed, such as the network, so that a failure may be over. */
  readonly hasChanged?: boolean
}

/** What a look found or did. */
export interface Look {
  /** When to look again, by the clock of the service. */
  readonly until: Date
  readonly held: HeldCredential | undefined
  /** The moment of the next renewal, of what is held. */
  readonly renewAt: Date | undefined
  /** Why there is no newer certificate where one is due. */
  readonly error?: Refusal | undefined
}

const hookRetryMilliseconds = 120_000

/** The state of what somebody else put there: a moment is chosen for it. */
const plannedFor = (held: HeldCredential, known: AgentState, { world, clock }: Looking): AgentState => {
  const { serialNumber, notBefore, notAfter } = held
  return {
    version: 1,
    clockAheadSeconds: known.clockAheadSeconds,
    failures: 0,
    serialNumber,
    notBefore: notBefore.toISOString(),
    notAfter: notAfter.toISOString(),
    renewAt: momentOf(usualWindow(held), world.chance(), clock.now()).toISOString(),
  }
}

const lookOnce = async (spec: CredentialSpec, looking: Looking) => {
  const { clock, hasChanged = false, minLeftMilliseconds = 0 } = looking
  const [held, read] = [await spec.store.held(), await spec.state.read()]
  const isUnknown = held !== undefined && read.serialNumber !== held.serialNumber
  const known = isUnknown ? plannedFor(held, read, looking) : read
  const state = hasChanged ? lookAgain(known) : known
  return {
    held,
    known,
    isUnknown,
    state,
    action: nextAction({ held, state, minLeftMilliseconds }, clock.now()),
  }
}

type Found = Awaited<ReturnType<typeof lookOnce>>

/** Looks under the lock once more: whoever had it may have renewed meanwhile. What is in the folder changes under it alone. */
const change = (spec: CredentialSpec, looking: Looking): Promise<Found & Pick<Attempt, 'error'>> =>
  spec.exclusively(async () => {
    const found = await lookOnce(spec, looking)
    if (found.isUnknown) await spec.state.write(found.known)
    if (found.action.kind === 'wait') return found
    const { state, error } = await attemptOnce(spec, found.state, { ...looking, why: found.action.why })
    if (looking.signal.aborted) return found
    const held = await spec.store.held()
    return { ...found, held, state, error, action: nextAction({ held, state }, looking.clock.now()) }
  }, looking.signal)

const earliest = (...times: readonly Date[]): Date => new Date(Math.min(...times.map(Number)))

/**
 * Looks at a credential once: renews it where it is time, runs the hook that is due, and reports what happened.
 * @throws {Refusal} `folder-busy`, or those of the store and of the state: nothing was sent then
 */
export const keepCredential = async (spec: CredentialSpec, looking: Looking): Promise<Look> => {
  const first: Found & Pick<Attempt, 'error'> = await lookOnce(spec, looking)
  const isIdle = first.action.kind === 'wait' && !first.isUnknown
  const found = isIdle ? first : await change(spec, looking)
  const { held, state, error, action } = found
  const now = looking.clock.now()
  const until = action.kind === 'wait' ? action.until : now
  const isHookDue = await runDueHooks(spec, state, looking)
  const renewAt = held && state.renewAt !== undefined ? new Date(state.renewAt) : undefined
  const hookAgain = new Date(now.getTime() + hookRetryMilliseconds)
  return { until: isHookDue ? earliest(until, hookAgain) : until, held, renewAt, error }
}
