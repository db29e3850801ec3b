import { assessed } from './assessed.ts'
import { applyPolicy, matchOf, signInAnswer } from './applyPolicy.ts'
import type { CompiledPolicy, Policies } from './compilePolicies.ts'
import { controlAnswer } from './controlAnswer.ts'
import { decide } from './decide.ts'
import type { AppliedPolicy, ConditionName, ControlAnswer, Decision, PolicyName } from './decision.ts'
import type { Policy, SignInFrequency } from './model/policy.ts'
import { type Facts, factsOf } from './question.ts'
import type { Answer } from './signals/signal.ts'
import type { Signals } from './signals/signals.ts'

/** Tells what one condition says of a request. */
export interface ConditionTrace {
  readonly condition: ConditionName
  readonly included: Answer
  readonly excluded: Answer
  readonly matched: Answer
}

/** All that can be told of one policy and a request. */
export interface PolicyTrace {
  readonly policy: PolicyName
  readonly state: Policy['state']
  /** Why the policy can never apply here; undefined for one that may. */
  readonly never: string | undefined
  readonly outcome: 'notApplied' | 'satisfied' | 'failed'
  /** Whether the policy applies; unknown binds, and does not permit. */
  readonly matched: Answer
  /** The first condition that did not match; undefined where the policy applied, or is not asked. */
  readonly unmatched: ConditionName | undefined
  /** Empty for a policy that is not asked, as the controls are. */
  readonly conditions: readonly ConditionTrace[]
  readonly controls: readonly ControlAnswer[]
  readonly signIn: (SignInFrequency & { readonly proven: Answer }) | undefined
  /** Undefined where the policy did not apply. */
  readonly applied: AppliedPolicy | undefined
}

/** A decision with the trace of every policy, also of those that did not apply or are not asked. */
export interface Explanation {
  readonly decision: Decision
  /** By their ids; those that are not asked come last. */
  readonly policies: readonly PolicyTrace[]
}

const outcomeOf = (applied: AppliedPolicy | undefined): PolicyTrace['outcome'] => {
  if (!applied) return 'notApplied'
  return applied.missing.length === 0 ? 'satisfied' : 'failed'
}

const controlsOf = ({ grant }: CompiledPolicy, signals: Signals): readonly ControlAnswer[] =>
  grant.kind === 'require' ? grant.controls.map((control) => controlAnswer(control, signals)) : []

const traceOf = (policy: CompiledPolicy, facts: Facts): PolicyTrace => {
  const { signInFrequency, isReportOnly } = policy
  const conditions = policy.conditions.map(({ name, includes, excludes, matches }) => ({
    condition: name,
    included: includes(facts),
    excluded: excludes(facts),
    matched: matches(facts),
  }))
  const applied = applyPolicy(policy, facts)
  return {
    policy: policy.name,
    state: isReportOnly ? 'reportOnly' : 'enabled',
    never: undefined,
    outcome: outcomeOf(applied),
    matched: matchOf(policy, facts),
    unmatched: conditions.find(({ matched }) => matched === 'no')?.condition,
    conditions,
    controls: controlsOf(policy, facts.signals),
    signIn: signInFrequency && {
      ...signInFrequency,
      proven: signInAnswer(signInFrequency, facts.signals),
    },
    applied,
  }
}

const idleTraceOf = ({ id, displayName, state, never }: Policy): PolicyTrace => ({
  policy: { id, displayName },
  state,
  never,
  outcome: 'notApplied',
  matched: 'no',
  unmatched: undefined,
  conditions: [],
  controls: [],
  signIn: undefined,
  applied: undefined,
})

/** Decides as decide() does, and tells of every policy what each of its conditions and controls came to. */
export const explain = (policies: Policies, signals: Signals): Explanation => {
  const facts = factsOf(assessed(policies, signals).signals)
  return {
    decision: decide(policies, signals),
    policies: [...policies.active.map((policy) => traceOf(policy, facts)), ...policies.idle.map(idleTraceOf)],
  }
}
