import type { Missing } from '../../lib/policy/decision.ts'
import type { PolicyTrace } from '../../lib/policy/explain.ts'
import { namesOf } from '../../lib/policy/remediationOf.ts'

const lacks = (missing: readonly Missing[]): string =>
  missing.map((one) => namesOf(one).join(' or ')).join(' and ')

const outcomeText = ({ never, unmatched, applied }: PolicyTrace): string => {
  if (never !== undefined) return `never applies: ${never}`
  if (!applied) return `not applied: ${unmatched}`
  const { missing, unknown } = applied
  const told = missing.length === 0 ? 'satisfied' : `failed: ${lacks(missing)}`
  return unknown.length === 0 ? told : `${told}; nobody can tell: ${unknown.join(', ')}`
}

/** Says in a line what came of a policy, such as `"Contractors": not applied: users`. */
export const traceText = (trace: PolicyTrace): string => {
  const reporting = trace.state === 'reportOnly' ? ' (report-only)' : ''
  return `${JSON.stringify(trace.policy.displayName)}${reporting}: ${outcomeText(trace)}`
}
