import { allOf, answerOf } from '../policy/signals/answerOf.ts'
import type { Answer } from '../policy/signals/signal.ts'
import type { VersionRange } from './model/compliancePolicy.ts'
import { buildParts, type Parts, versionParts } from './model/versionParts.ts'

/** Says how one stands to a bound, as a difference; undefined where nobody can tell. */
type Compare = (one: Parts, bound: Parts) => number | undefined

/** Compares part by part, as long as the version has parts. What a bound lacks is 0. */
const compareVersions: Compare = (version, bound) => {
  for (let index = 0; index < Math.max(version.length, bound.length); index++) {
    const part = version[index]
    if (part === undefined) return undefined
    const difference = part - (bound[index] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

/** Takes builds from 1000 up for those of some hardware alone, whose numbers are in no order with the others of their release. */
const compareBuilds: Compare = ([major = 0, letter = 0, number = 0], bound) => {
  const [boundMajor = 0, boundLetter = 0, boundNumber = 0] = bound
  if (major !== boundMajor) return major - boundMajor
  if (letter !== boundLetter) return letter - boundLetter
  const isOther = Math.floor(number / 1_000) !== Math.floor(boundNumber / 1_000)
  return isOther ? undefined : number - boundNumber
}

/** Leaves out zeros at the end: a version that ends where they begin is not below them. */
const withoutZeros = (bound: Parts): Parts => bound.slice(0, bound.findLastIndex((part) => part !== 0) + 1)

type Holds = (difference: number) => boolean

const rangeAnswerBy =
  (partsOf: (text: string) => Parts | undefined, compare: Compare) =>
  (text: string, { from, to }: VersionRange): Answer => {
    const given = partsOf(text)
    const ask = (bound: Parts | undefined, holds: Holds): Answer => {
      const difference = given && bound && compare(given, bound)
      return answerOf(difference === undefined ? undefined : holds(difference))
    }
    const lowest = from === undefined ? undefined : partsOf(from)
    return allOf([
      from === undefined ? 'yes' : ask(lowest && withoutZeros(lowest), (difference) => difference >= 0),
      to === undefined ? 'yes' : ask(partsOf(to), (difference) => difference <= 0),
    ])
  }

/** Asks whether a version is in a range: unknown where it is none, or too short to tell. */
export const rangeAnswer = rangeAnswerBy(versionParts, compareVersions)

/** Asks whether a build of macOS is in a range: unknown where it is none, or in no order with a bound. */
export const buildRangeAnswer = rangeAnswerBy(buildParts, compareBuilds)
