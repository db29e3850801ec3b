import { applyPolicy, matchOf } from './applyPolicy.ts'
import { assessed } from './assessed.ts'
import type { CompiledPolicy, Policies } from './compilePolicies.ts'
import type { Condition } from './conditionsOf.ts'
import { decide } from './decide.ts'
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

/**
 * Tells whether the policies could allow a request that they deny, if some sources said the best that they can of what they
 * said nothing of. What they said stays said.
 */
export const couldAllow = (
  { facts: token, circumstances, policies }: DecidedRequest,
  sources: ReadonlySet<FactSource>,
): boolean =>
  supposedEvidence(circumstances.evidence, sources).some(({ evidence, untold }) => {
    const signals = signalsOf(token, { ...circumstances, evidence })
    const told = new Set(signals.facts?.map(({ fact }) => fact))
    const compliance = met(policies, new Set([...untold].filter((fact) => !told.has(fact))))
    const facts = factsOf(assessed({ ...policies, compliance }, signals).signals)
    const active = sources.has('directory')
      ? policies.active.flatMap((policy) => supposedPolicy(policy, facts))
      : policies.active
    return decide({ ...policies, compliance, active }, signals).kind === 'allow'
  })
