import { applyPolicy, matchOf } from './applyPolicy.ts'
import { assessed } from './assessed.ts'
import type { CompiledPolicy, Policies } from './compilePolicies.ts'
import type { Condition } from './conditionsOf.ts'
import { always, type Facts, factsOf } from './question.ts'
import { type Circumstances, signalsOf, type TokenFacts } from './signalsOf.ts'
import { supposedEvidence } from './supposedEvidence.ts'
import type { FactName, FactSource } from './signals/factKinds.ts'

/** A request, and what decides it. */
export interface DecidedRequest {
  readonly facts: TokenFacts
  readonly circumstances: Circumstances
  readonly policies: Policies
}

/** Takes for met what compliance policies want of facts that nobody told, and that may be told as they want them. */
const met = (policies: Policies, untold: ReadonlySet<FactName>): Policies['compliance'] =>
  policies.compliance.map((policy) => ({
    ...policy,
    settings: policy.settings.map((setting) => ({
      ...setting,
      requirements: setting.requirements.filter(({ fact }) => !untold.has(fact)),
    })),
  }))

const supposedMatch = (condition: Condition, facts: Facts): Condition =>
  condition.name === 'deviceFilter' && condition.matches(facts) === 'unknown'
    ? { ...condition, includes: always, matches: always }
    : condition

/**
 * Supposes of the device filters that nobody can tell what is best: a policy with such a one does not apply, or it applies for
 * certain where it is satisfied then, and may permit.
 */
const supposedPolicy = (policy: CompiledPolicy, facts: Facts): readonly CompiledPolicy[] => {
  const conditions = policy.conditions.map((condition) => supposedMatch(condition, facts))
  if (conditions.every((condition, index) => condition === policy.conditions[index])) return [policy]
  const supposed = { ...policy, conditions }
  const isSatisfied = applyPolicy(supposed, facts)?.missing.length === 0
  return isSatisfied && matchOf(supposed, facts) === 'yes' ? [supposed] : []
}

/** Supposes of some sources the best that they can still say of what they said nothing of: what they said stays said. */
export const supposedRequests = (
  { facts: token, circumstances, policies }: DecidedRequest,
  sources: ReadonlySet<FactSource>,
): readonly DecidedRequest[] =>
  supposedEvidence(circumstances.evidence, sources).map(({ evidence, untold }) => {
    const supposed = { ...circumstances, evidence }
    const signals = signalsOf(token, supposed)
    const told = new Set(signals.facts?.map(({ fact }) => fact))
    const compliance = met(policies, new Set([...untold].filter((fact) => !told.has(fact))))
    const facts = factsOf(assessed({ ...policies, compliance }, signals).signals)
    const active = sources.has('directory')
      ? policies.active.flatMap((policy) => supposedPolicy(policy, facts))
      : policies.active
    return { facts: token, circumstances: supposed, policies: { ...policies, compliance, active } }
  })
