import { applyPolicy, earlier } from './applyPolicy.ts'
import { assessed } from './assessed.ts'
import type { Policies } from './compilePolicies.ts'
import type { AppliedPolicy, Decision, DenialCause, LifeCap } from './decision.ts'
import { factsOf } from './question.ts'
import type { Signals } from './signals/signals.ts'

const isBlocked = ({ missing }: AppliedPolicy): boolean => missing.some(({ kind }) => kind === 'block')

/** Tells why policies in force that applied deny a certificate which none of them permits. */
const causeOf = (inForce: readonly AppliedPolicy[]): DenialCause => {
  if (inForce.length === 0) return 'nothingApplied'
  if (inForce.some(isBlocked)) return 'blocked'
  return inForce.some(({ missing }) => missing.length > 0) ? 'notSatisfied' : 'complianceNotRequired'
}

const decideOn = ({ active }: Policies, signals: Signals): Decision => {
  const facts = factsOf(signals)
  const applied: AppliedPolicy[] = []
  for (const policy of active) {
    const one = applyPolicy(policy, facts)
    if (one) applied.push(one)
  }
  const inForce = applied.filter(({ isReportOnly }) => !isReportOnly)
  const permitting = inForce.find(({ permits }) => permits !== undefined)
  if (permitting?.permits === undefined || inForce.some(({ missing }) => missing.length > 0))
    return { kind: 'deny', cause: causeOf(inForce), applied }
  const cap = inForce.map((one) => one.cap).reduce<LifeCap | undefined>(earlier, undefined)
  return { kind: 'allow', permittedBy: permitting.policy, proof: permitting.permits, cap, applied }
}

/**
 * Decides by the policies of a tenant: every one in force that applies must be satisfied, and one of them must permit. A
 * policy applies unless a condition says for certain that it does not. Where there are compliance policies, a device is
 * compliant only by them, too. Pure, and an answer to all signals there are.
 */
export const decide = (policies: Policies, given: Signals): Decision => {
  const { signals, compliance } = assessed(policies, given)
  const decision = decideOn(policies, signals)
  return compliance ? { ...decision, compliance } : decision
}
