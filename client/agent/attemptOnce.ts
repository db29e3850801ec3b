import { describeCause } from '../../lib/errors/describeCause.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import type { Answer } from '../exchange.ts'
import type { AgentState } from './agentState.ts'
import type { AgentWorld } from './agentWorld.ts'
import type { CredentialSpec } from './credentialSpec.ts'
import { learnTime, type TimeLearner } from './learnTime.ts'
import { leastMilliseconds } from './nextAction.ts'
import { obtainCertificate } from './obtainCertificate.ts'
import { plannedState } from './plannedState.ts'
import { withRenewHook } from './runDueHooks.ts'
import type { ServiceClock } from './serviceClock.ts'
import { stateAfterFailure } from './stateAfterFailure.ts'

/** An attempt to get a certificate. */
export interface Attempting {
  readonly world: AgentWorld
  readonly clock: ServiceClock
  readonly signal: AbortSignal
  /** The reason, as part of a sentence. */
  readonly why: string
}

/** What came of an attempt: the state is written and reported. */
export interface Attempt {
  readonly state: AgentState
  readonly error?: Refusal | undefined
}

/** A fault counts as something that passes: a disk that is full, a file that is open. */
const refusalOf = (error: unknown): Refusal =>
  error instanceof Refusal
    ? error
    : new Refusal('fault', `Cannot renew: ${describeCause(error)}.`, { cause: error })

/** What is known before an attempt. */
interface Known {
  readonly before: AgentState
  readonly learned: TimeLearner
}

const obtain = (spec: CredentialSpec, { learned }: Known, { clock, signal }: Attempting) => {
  const { url, tenant, ca, token, readDeviceTokens, store, isInteractive } = spec
  const onAnswer = ({ headers: { date = '' } }: Pick<Answer, 'headers'>) => learned.learn(new Date(date))
  const asked = { url, tenant, ca, token, readDeviceTokens, store, isInteractive, signal, onAnswer }
  // What fails is tried again by the schedule.
  return obtainCertificate({ ...asked, now: clock.now(), attempts: 1 })
}

const renewed = async (spec: CredentialSpec, known: Known, attempting: Attempting): Promise<Attempt> => {
  const { world, clock, why } = attempting
  const { learned } = known
  const { renewal } = await obtain(spec, known, attempting)
  const held = await spec.store.held()
  if (!held) throw new Error('the store does not hold what it accepted')
  // A service that tells no time answered within the life of the certificate.
  const told = clock.now()
  if (told < held.notBefore || told >= held.notAfter) learned.learn(held.notBefore)
  const happening = { now: clock.now(), chance: world.chance(), ...learned.difference() }
  const window = { start: new Date(renewal.start), end: new Date(renewal.end) }
  const after = plannedState(held, window, happening)
  const { serialNumber = '', notBefore = '', notAfter = '', renewAt = '' } = after
  // Whatever the certificate says: no service is asked without a pause.
  const retryAt = new Date(happening.now.getTime() + leastMilliseconds).toISOString()
  const { tenant, url } = spec
  const state = withRenewHook(spec, { ...after, tenant, url, retryAt })
  await spec.state.write(state)
  world.report({
    kind: 'renewed',
    level: 'info',
    subject: spec.folder,
    text: `Got a certificate until ${notAfter}, because ${why}; the next one comes at ${renewAt}.`,
    facts: { serialNumber, notBefore, notAfter, renewAt, why },
  })
  return { state }
}

/** Remembers why there is no certificate, and tells it; the hook for refusals hears of each kind once. */
const failed = async (
  spec: CredentialSpec,
  { before, error, learned }: Known & { readonly error: Refusal },
  { world, clock, why }: Attempting,
): Promise<Attempt> => {
  const happening = { now: clock.now(), chance: world.chance(), ...learned.difference() }
  const after = stateAfterFailure(before, error, happening)
  const { lastError, failures, retryAt = '', notAfter = 'never' } = after
  const { code, detail, remedy, since, isRefusal } = lastError
  const isNews = isRefusal && before.lastError?.code !== code && spec.onRefused !== undefined
  const others = after.hooksDue?.filter(({ hook }) => hook !== 'refused') ?? []
  const state: AgentState = isNews
    ? { ...after, hooksDue: [...others, { hook: 'refused', facts: { code, detail, remedy } }] }
    : after
  await spec.state.write(state)
  world.report({
    kind: isRefusal ? 'refused' : 'failed',
    level: isRefusal ? 'error' : 'warning',
    subject: spec.folder,
    text: `${detail} ${remedy}`,
    facts: { code, detail, remedy, since, failures, retryAt, why, notAfter },
  })
  return { state, error }
}

/**
 * Asks for a certificate once, and remembers what came of it. What the signal ends leaves no trace.
 * @throws whatever writing the state does: where that fails beforehand, nobody was asked for anything
 */
export const attemptOnce = async (
  spec: CredentialSpec,
  before: AgentState,
  attempting: Attempting,
): Promise<Attempt> => {
  const { world, clock, signal } = attempting
  const learned = learnTime({
    world,
    clock,
    subject: spec.folder,
    before,
  })
  // Where nothing can be remembered, nothing would hold up the next attempt.
  await spec.state.write(before)
  try {
    return await renewed(spec, { before, learned }, attempting)
  } catch (thrown) {
    if (signal.aborted) return { state: before }
    return failed(spec, { before, error: refusalOf(thrown), learned }, attempting)
  }
}
