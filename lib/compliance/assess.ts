import { allOf } from '../policy/signals/answerOf.ts'
import type { FactReport } from '../policy/signals/factKinds.ts'
import type { Answer } from '../policy/signals/signal.ts'
import type { Signals } from '../policy/signals/signals.ts'
import type { AssessedPolicy, AssessedSetting, Assessment } from './assessment.ts'
import { type AssignmentSignals, isAssigned } from './isAssigned.ts'
import { meets } from './meets.ts'
import type { CompliancePolicy, Requirement, Setting } from './model/compliancePolicy.ts'

/** What an assessment rests on. */
type AssessmentSignals = AssignmentSignals & Pick<Signals, 'at'>

/** Asks every source: one that says no decides, and then one that is silent. */
const requirementAnswer = (requirement: Requirement, reports: readonly FactReport[], now: number): Answer => {
  const own = reports.filter(({ fact }) => fact === requirement.fact)
  return own.length === 0 ? 'unknown' : allOf(own.map((report) => meets(requirement, report, now)))
}

const assessedSetting = (setting: Setting, { facts = [], at }: AssessmentSignals): AssessedSetting => {
  const { name, wanted, deed, requirements } = setting
  const reports = facts.filter(({ fact }) => requirements.some((requirement) => requirement.fact === fact))
  const holds = allOf(requirements.map((requirement) => requirementAnswer(requirement, reports, at)))
  return { name, wanted, deed, holds, reports }
}

const assessedPolicy = (policy: CompliancePolicy, signals: AssessmentSignals): readonly AssessedPolicy[] => {
  const assigned = isAssigned(policy, signals)
  if (assigned === 'no') return []
  const { id, displayName } = policy
  const settings = policy.settings.map((setting) => assessedSetting(setting, signals))
  return [{ id, displayName, assigned, holds: allOf(settings.map(({ holds }) => holds)), settings }]
}

const compliance = (policies: readonly AssessedPolicy[]): Answer => {
  const certain = policies.filter(({ assigned }) => assigned === 'yes')
  if (certain.some(({ holds }) => holds === 'no')) return 'no'
  const allHold = policies.every(({ holds }) => holds === 'yes')
  return certain.length > 0 && allHold ? 'yes' : 'unknown'
}

/** Says what compliance policies make of a device, by what is told of it. */
export const assess = (policies: readonly CompliancePolicy[], signals: AssessmentSignals): Assessment => {
  const assessed = policies.flatMap((policy) => assessedPolicy(policy, signals))
  return { compliant: compliance(assessed), policies: assessed.toSorted(byId) }
}

const byId = ({ id: one }: AssessedPolicy, { id: other }: AssessedPolicy): number =>
  one < other ? -1 : Number(one > other)
