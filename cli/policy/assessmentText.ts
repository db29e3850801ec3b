import type { AssessedPolicy, AssessedSetting, Assessment } from '../../lib/compliance/assessment.ts'
import { reportText } from '../../lib/policy/reportText.ts'
import type { Answer } from '../../lib/policy/signals/signal.ts'

const outcomes: Readonly<Record<Answer, string>> = { yes: 'satisfied', no: 'failed', unknown: 'unknown' }

const settingText = ({ name, wanted, holds, reports }: AssessedSetting, now: number): string => {
  const told =
    reports.length === 0 ? 'no source tells it' : reports.map((one) => reportText(one, now)).join('; ')
  return `${name}: ${outcomes[holds]} (wants ${wanted}; ${told})`
}

const policyLine = ({ displayName, assigned, holds }: AssessedPolicy): string => {
  const unsure = assigned === 'yes' ? '' : ', if it is assigned, which nobody can tell'
  return `${JSON.stringify(displayName)}: ${outcomes[holds]}${unsure}`
}

/** A line on a policy, and below it one on each of its settings. */
export interface AssessmentText {
  readonly policy: string
  readonly settings: readonly string[]
}

/**
 * Says what became of each compliance policy that is assigned to a device, or may be.
 * @param now the time of the decision, seconds since 1970.
 */
export const assessmentText = ({ policies }: Assessment, now: number): readonly AssessmentText[] =>
  policies.map((policy) => ({
    policy: policyLine(policy),
    settings: policy.settings.map((setting) => settingText(setting, now)),
  }))

/** Says whether a device is compliant by the policies of its tenant. */
export const compliantText = ({ compliant, policies }: Assessment): string => {
  if (policies.length === 0) return 'unknown: no compliance policy is assigned to the device'
  const isAssigned = policies.some(({ assigned }) => assigned === 'yes')
  return compliant === 'unknown' && !isAssigned
    ? 'unknown: nobody can tell which compliance policies are assigned to the device'
    : compliant
}
