import { ageUnits } from '../policy/signals/ageUnits.ts'
import { answerOf, anyOf } from '../policy/signals/answerOf.ts'
import type { FactReport } from '../policy/signals/factKinds.ts'
import { isValueOf } from '../policy/signals/isValueOf.ts'
import type { Answer } from '../policy/signals/signal.ts'
import type { Requirement } from './model/compliancePolicy.ts'
import { buildRangeAnswer, rangeAnswer } from './rangeAnswer.ts'

/** Tells by how much a number has grown since it was told; undefined where nobody knows when that was. */
const growth = ({ fact, at }: FactReport, now: number): number | undefined => {
  const seconds = ageUnits[fact]
  if (seconds === undefined) return 0
  return at === undefined ? undefined : (now - at) / seconds
}

/** A clock that is ahead makes nothing younger than it was told to be. */
const isAtMost = (value: number, grown: number | undefined, limit: number): boolean | undefined => {
  if (value > limit) return false
  return grown === undefined ? undefined : value + grown <= limit
}

const numberAnswer = (value: unknown, holds: (value: number) => boolean | undefined): Answer =>
  answerOf(typeof value === 'number' ? holds(value) : undefined)

const textAnswer = (value: unknown, ask: (value: string) => Answer): Answer =>
  typeof value === 'string' ? ask(value) : 'unknown'

/**
 * Asks whether one report of a fact is as a requirement wants it. A source that says that there is none says no; a value of
 * another kind than the fact's tells nothing.
 * @param now seconds since 1970.
 */
export const meets = (requirement: Requirement, report: FactReport, now: number): Answer => {
  const { value } = report
  if (value === undefined) return 'unknown'
  if (value === null) return 'no'
  if (!isValueOf(report.fact, value)) return 'unknown'
  switch (requirement.kind) {
    case 'is':
      return answerOf(value === requirement.value)
    case 'isOneOf':
      return textAnswer(value, (text) => answerOf(requirement.values.includes(text)))
    case 'atLeast':
      return numberAnswer(value, (number) => number >= requirement.value)
    case 'atMost':
      return numberAnswer(value, (number) => isAtMost(number, growth(report, now), requirement.value))
    case 'versionInAnyOf':
      return textAnswer(value, (text) => anyOf(requirement.ranges.map((range) => rangeAnswer(text, range))))
    case 'buildIn':
      return textAnswer(value, (text) => buildRangeAnswer(text, requirement.range))
  }
}
