import type { FactReport } from '../policy/signals/factKinds.ts'
import { factsAsked } from './factsAsked.ts'
import { type AssignmentSignals, isAssigned } from './isAssigned.ts'
import type { CompliancePolicy } from './model/compliancePolicy.ts'

/** Selects what is told of the platform, and of the facts that policies ask for which are assigned or may be. */
export const usedFacts = (
  policies: readonly CompliancePolicy[],
  signals: AssignmentSignals,
): readonly FactReport[] => {
  const asked = factsAsked(policies.filter((policy) => isAssigned(policy, signals) !== 'no'))
  return (signals.facts ?? []).filter(({ fact }) => fact === 'platform' || asked.has(fact))
}
