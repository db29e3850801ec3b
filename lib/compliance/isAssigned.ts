import { allOf, answerOf, anyOf } from '../policy/signals/answerOf.ts'
import type { Answer, Platform } from '../policy/signals/signal.ts'
import type { Signals } from '../policy/signals/signals.ts'
import type { CompliancePolicy } from './model/compliancePolicy.ts'

/** What assignments rest on. */
export type AssignmentSignals = Pick<Signals, 'platform' | 'groups' | 'facts'>

/** Gives the platform that the signals and every source of the fact agree on; undefined where one is silent. */
const agreedPlatform = ({ platform, facts = [] }: AssignmentSignals): Platform | undefined => {
  const reports = facts.filter(({ fact }) => fact === 'platform')
  return platform && reports.every(({ value }) => value === platform) ? platform : undefined
}

const isInOneOf = (ids: readonly string[], groups: Signals['groups']): Answer => {
  if (ids.length === 0 || groups === null) return 'no'
  return answerOf(groups && ids.some((id) => groups.includes(id)))
}

const not = (answer: Answer): Answer => (answer === 'unknown' ? 'unknown' : answerOf(answer === 'no'))

/** Asks whether a policy is assigned to the device of a request, or to its user: exclude beats include. */
export const isAssigned = (
  { platform, assignment }: CompliancePolicy,
  signals: AssignmentSignals,
): Answer => {
  const { all, groups, excludedGroups } = assignment
  const own = agreedPlatform(signals)
  return allOf([
    answerOf(own && own === platform),
    anyOf([answerOf(all), isInOneOf(groups, signals.groups)]),
    not(isInOneOf(excludedGroups, signals.groups)),
  ])
}
