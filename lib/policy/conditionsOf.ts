import { answerOf } from './signals/answerOf.ts'
import type { ConditionName } from './decision.ts'
import { evaluateRule } from './filter/evaluateRule.ts'
import { addressRanges } from './model/addressRanges.ts'
import type {
  GuestsCondition,
  LivePolicy,
  LocationId,
  NamedLocation,
  UsersCondition,
} from './model/policy.ts'
import { always, askOf, both, either, type Facts, never, not, type Question } from './question.ts'
import type { Signal } from './signals/signal.ts'
import type { Signals } from './signals/signals.ts'

/** One condition of a policy, compiled. Exclude beats include. */
export interface Condition {
  readonly name: ConditionName
  readonly includes: Question
  readonly excludes: Question
  readonly matches: Question
}

const conditionOf = (name: ConditionName, includes: Question, excludes: Question = never): Condition => ({
  name,
  includes,
  excludes,
  matches: excludes === never ? includes : both(includes, not(excludes)),
})

/** Asks whether a signal is one of a list. */
const isOneOf = (values: readonly string[], read: (signals: Signals) => Signal<string>): Question => {
  const wanted = new Set(values)
  return wanted.size === 0
    ? never
    : askOf(
        ({ signals }) => read(signals),
        (value) => wanted.has(value),
      )
}

const hasAny = (members: ReadonlySet<string>, values: readonly string[]): boolean => {
  for (const value of values) if (members.has(value)) return true
  return false
}

/** Asks whether a signal that is a set has one of a list. */
const hasOneOf = (values: readonly string[], read: (facts: Facts) => Signal<ReadonlySet<string>>): Question =>
  values.length === 0 ? never : askOf(read, (members) => hasAny(members, values))

const isGuest: Question = askOf(
  ({ signals }) => signals.guest,
  () => true,
)

const isGuestOf = ({ types, homeTenants }: GuestsCondition): Question => {
  const ofType = isOneOf(types, ({ guest }) => guest && guest.type)
  if (homeTenants === 'all') return both(isGuest, ofType)
  return both(
    both(isGuest, ofType),
    isOneOf(homeTenants, ({ guest }) => guest && guest.homeTenant),
  )
}

const isUser = ({ all, anyGuest, users, groups, roles, guests }: UsersCondition): Question =>
  either([
    all ? always : never,
    anyGuest ? isGuest : never,
    isOneOf(users, ({ user }) => user),
    hasOneOf(groups, (facts) => facts.groups),
    hasOneOf(roles, (facts) => facts.roles),
    guests ? isGuestOf(guests) : never,
  ])

const isWithin = (ranges: readonly string[]): Question =>
  ranges.length === 0 ? never : askOf(({ address }) => address, addressRanges(ranges))

const hasNoCountry: Question = ({ signals: { country } }) =>
  answerOf(country === undefined ? undefined : country === null)

/** Graph's unknown country is one that is none as a fact: what no source tells may be any. */
const isInCountry = (countries: readonly string[], includesUnknown: boolean): Question =>
  either([isOneOf(countries, ({ country }) => country), includesUnknown ? hasNoCountry : never])

const isIn = (location: NamedLocation): Question =>
  location.kind === 'networks'
    ? isWithin(location.ranges)
    : isInCountry(location.countries, location.includesUnknown)

/** Finds what a policy calls a place: one that nobody knows may be anywhere. */
export type Places = (id: LocationId) => Question

/** Compiles each named location when it is first asked for: many are used by no policy, or by several. */
export const placesOf = (locations: readonly NamedLocation[]): Places => {
  const trusted = locations.flatMap((one) => (one.kind === 'networks' && one.isTrusted ? one.ranges : []))
  const compiled = new Map<LocationId, Question>([['All', always]])
  const compile = (id: LocationId): Question => {
    if (id === 'AllTrusted') return isWithin(trusted)
    const location = locations.find((one) => one.id === id)
    return location ? isIn(location) : () => 'unknown'
  }
  return (id) => {
    const place = compiled.get(id) ?? compile(id)
    compiled.set(id, place)
    return place
  }
}

const isOnDevice = ({ mode, rule }: NonNullable<LivePolicy['conditions']['deviceFilter']>): Condition => {
  const matches: Question = ({ signals }) => answerOf(evaluateRule(rule, signals.device))
  return mode === 'include'
    ? conditionOf('deviceFilter', matches)
    : conditionOf('deviceFilter', always, matches)
}

const isOnPlatform = (platforms: 'all' | readonly string[]): Question =>
  platforms === 'all' ? always : isOneOf(platforms, ({ platform }) => platform)

/** Compiles the conditions that a policy has, in the order of ConditionName. */
export const conditionsOf = ({ conditions }: LivePolicy, places: Places): readonly Condition[] => {
  const { users, platforms, locations, deviceFilter } = conditions
  const isAt = (ids: readonly LocationId[]) => either(ids.map(places))
  const listed = (name: ConditionName & keyof Signals, values: readonly string[] | undefined) =>
    values &&
    conditionOf(
      name,
      isOneOf(values, (signals) => signals[name]),
    )
  const all = [
    conditionOf('users', isUser(users.include), isUser(users.exclude)),
    platforms && conditionOf('platforms', isOnPlatform(platforms.include), isOnPlatform(platforms.exclude)),
    locations && conditionOf('locations', isAt(locations.include), isAt(locations.exclude)),
    deviceFilter && isOnDevice(deviceFilter),
    listed('signInRisk', conditions.signInRisk),
    listed('userRisk', conditions.userRisk),
    listed('insiderRisk', conditions.insiderRisk),
    listed('transferMethod', conditions.transferMethods),
  ]
  return all.filter((condition) => condition !== undefined)
}
