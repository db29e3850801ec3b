import { allOf, answerOf, anyOf } from '../policy/signals/answerOf.ts'
import type { Answer, Platform } from '../policy/signals/signal.ts'
import type { Signals } from '../policy/signals/signals.ts'
import type { CompliancePolicy } from './model/compliancePolicy.ts'

/** What assignments rest on. */
export type AssignmentSignals = Pick<Signals, 'platform' | 'groups' | 'facts'>

/**
 * Asks whether a device is of a platform: the signal and every source of the fact must say so. Where one of them is silent that
 * is unknown, but not of a platform that none of the others names.
 */
const isOfPlatform = (wanted: Platform, { platform, facts = [] }: AssignmentSignals): Answer => {
  const told = [platform, ...facts.filter(({ fact }) => fact === 'platform').map(({ value }) => value)]
  if (told.every((one) => one === wanted)) return 'yes'
  const isNamed = told.includes(wanted)
  const isSilence = told.every((one) => one === undefined || one === null)
  return isNamed || isSilence ? 'unknown' : 'no'
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
  return allOf([
    isOfPlatform(platform, signals),
    anyOf([answerOf(all), isInOneOf(groups, signals.groups)]),
    not(isInOneOf(excludedGroups, signals.groups)),
  ])
}
