import { answerOf } from './signals/answerOf.ts'
import type { CompiledPolicy } from './compilePolicies.ts'
import { controlAnswer } from './controlAnswer.ts'
import { type AppliedPolicy, type ControlAnswer, type LifeCap, type Missing } from './decision.ts'
import type { SignInFrequency } from './model/policy.ts'
import type { Facts } from './question.ts'
import type { Answer } from './signals/signal.ts'
import { type DeviceProof, deviceProofs, type Signals } from './signals/signals.ts'

/** The shortest life of a certificate, in seconds: a sign-in that leaves less is past. */
const leastLifeSeconds = 300

/** The greatest age of a sign-in, in seconds. */
const greatestAge = ({ seconds, everyTime }: SignInFrequency): number =>
  everyTime ? seconds : seconds - leastLifeSeconds

/** Tells whether the sign-in is fresh. A token from a clock that is ahead does not make it fresher. */
export const signInAnswer = (frequency: SignInFrequency, { authTime, at }: Signals): Answer =>
  authTime === undefined || authTime === null
    ? 'unknown'
    : answerOf(at - Math.min(authTime, at) <= greatestAge(frequency))

const isUnproven = ({ proven }: ControlAnswer): boolean => proven !== 'yes'

const missingControls = (operator: 'AND' | 'OR', answers: readonly ControlAnswer[]): readonly Missing[] => {
  const unproven = answers.filter(isUnproven)
  if (operator === 'AND') return unproven.map((one) => ({ kind: 'controls', oneOf: [one] }))
  return unproven.length < answers.length ? [] : [{ kind: 'controls', oneOf: unproven }]
}

const missingOf = ({ grant, signInFrequency }: CompiledPolicy, signals: Signals): readonly Missing[] => {
  if (grant.kind === 'block') return [{ kind: 'block' }]
  const proven = signInFrequency ? signInAnswer(signInFrequency, signals) : 'yes'
  return [
    ...(grant.kind === 'require'
      ? missingControls(
          grant.operator,
          grant.controls.map((control) => controlAnswer(control, signals)),
        )
      : []),
    ...(signInFrequency && proven !== 'yes'
      ? [{ kind: 'signIn', seconds: greatestAge(signInFrequency), proven } as const]
      : []),
  ]
}

/** The earlier of two ends of a life. */
export const earlier = (one: LifeCap | undefined, other: LifeCap | undefined): LifeCap | undefined => {
  if (!one || !other) return one ?? other
  return other.endsAt < one.endsAt ? other : one
}

/** A frequency of every time asks for a fresh sign-in at each enrollment, and says nothing of what lasts after it. */
const capOf = (policy: CompiledPolicy, { at, authTime }: Signals): LifeCap | undefined => {
  const { name, signInFrequency, lifetimeSeconds } = policy
  const byLifetime =
    lifetimeSeconds === undefined
      ? undefined
      : { endsAt: Math.floor(at + lifetimeSeconds), policy: name, by: 'lifetimes' as const }
  if (!signInFrequency || signInFrequency.everyTime || typeof authTime !== 'number') return byLifetime
  const endsAt = Math.floor(Math.min(authTime, at) + signInFrequency.seconds)
  return earlier(byLifetime, { endsAt, policy: name, by: 'signInFrequency' })
}

/** Finds a proof of the device that a grant asks for and that holds. */
const deviceProofOf = ({ grant }: CompiledPolicy, { proofs }: Signals): DeviceProof | undefined => {
  if (grant.kind !== 'require') return undefined
  const kinds = grant.controls.map(({ kind }) => kind)
  return deviceProofs.find((proof) => kinds.includes(proof) && proofs[proof] === 'yes')
}

/** Tells whether a policy applies to a request: a condition that does not match decides, then one that nobody can tell. */
export const matchOf = ({ conditions }: CompiledPolicy, facts: Facts): Answer => {
  let matched: Answer = 'yes'
  for (const { matches } of conditions) {
    const answer = matches(facts)
    if (answer === 'no') return answer
    if (answer === 'unknown') matched = answer
  }
  return matched
}

const appliedPolicy = (policy: CompiledPolicy, facts: Facts): AppliedPolicy => {
  const { signals } = facts
  const { name, isReportOnly, conditions } = policy
  const unknown = conditions
    .filter(({ matches }) => matches(facts) === 'unknown')
    .map((condition) => condition.name)
  const missing = missingOf(policy, signals)
  const isSatisfied = unknown.length === 0 && missing.length === 0
  return {
    policy: name,
    isReportOnly,
    unknown,
    missing,
    permits: isSatisfied ? deviceProofOf(policy, signals) : undefined,
    cap: capOf(policy, signals),
  }
}

/** Tells what comes of a policy that applies; undefined, without allocating anything, for one that does not. */
export const applyPolicy = (policy: CompiledPolicy, facts: Facts): AppliedPolicy | undefined =>
  matchOf(policy, facts) === 'no' ? undefined : appliedPolicy(policy, facts)
