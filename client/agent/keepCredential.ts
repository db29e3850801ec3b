import type { Refusal } from '../../lib/errors/refusal.ts'
import type { HeldCredential } from '../credential/credentialStore.ts'
import { isSettled } from '../credential/readGeneration.ts'
import { settleGeneration } from '../credential/switchGeneration.ts'
import type { AgentWorld } from './agentWorld.ts'
import { attemptOnce, type Attempt } from './attemptOnce.ts'
import type { CredentialSpec } from './credentialSpec.ts'
import { runDueHooks, withRenewHook } from './runDueHooks.ts'
import { lookAtCredential, type LookingAt, type Sight } from './lookAtCredential.ts'
import { nextAction } from './nextAction.ts'
import { whyAnother } from './whyAnother.ts'

/** How a credential is looked at, and renewed where it is time. */
export interface Looking extends LookingAt {
  readonly world: AgentWorld
  readonly signal: AbortSignal
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

type Found = Sight & Pick<Attempt, 'error'>

/** Whether what is held, or what its names lead to, is what this agent left. */
const isOurs = ({ folder }: CredentialSpec, { isPlanned }: Sight): boolean => !isPlanned && isSettled(folder)

/**
 * Takes what somebody else put there, or this agent before it was killed: its names may not lead there yet, and the hook has not
 * heard of it.
 */
const takeOver = async (spec: CredentialSpec, seen: Sight): Promise<Sight> => {
  await settleGeneration(spec.folder)
  const state = withRenewHook(spec, seen.state)
  await spec.state.write(state)
  return { ...seen, state }
}

/** Looks under the lock once more: whoever had it may have renewed meanwhile. What is in the folder changes under it alone. */
const change = (spec: CredentialSpec, looking: Looking): Promise<Found> =>
  spec.exclusively(async () => {
    const seen = await lookAtCredential(spec, looking)
    const found = isOurs(spec, seen) ? seen : await takeOver(spec, seen)
    if (found.action.kind === 'wait') return found
    const { state, error } = await attemptOnce(spec, found.state, { ...looking, why: found.action.why })
    if (looking.signal.aborted) return found
    const held = await spec.store.held()
    const situation = { held, state, whyAnother: whyAnother(state, spec) }
    return { ...found, held, state, error, action: nextAction(situation, looking.clock.now()) }
  }, looking.signal)

const earliest = (...times: readonly Date[]): Date => new Date(Math.min(...times.map(Number)))

/**
 * Looks at a credential once: renews it where it is time, runs the hook that is due, and reports what happened.
 * @throws {Refusal} `folder-busy`, or those of the store and of the state: nothing was sent then
 */
export const keepCredential = async (spec: CredentialSpec, looking: Looking): Promise<Look> => {
  const first: Found = await lookAtCredential(spec, looking)
  const isIdle = first.action.kind === 'wait' && isOurs(spec, first)
  const found = isIdle ? first : await change(spec, looking)
  const { held, state, error, action } = found
  const now = looking.clock.now()
  const until = action.kind === 'wait' ? action.until : now
  const isHookDue = await runDueHooks(spec, state, looking)
  const renewAt = held && state.renewAt !== undefined ? new Date(state.renewAt) : undefined
  const hookAgain = new Date(now.getTime() + hookRetryMilliseconds)
  return { until: isHookDue ? earliest(until, hookAgain) : until, held, renewAt, error }
}
