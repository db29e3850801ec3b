import type { Signal } from '../signals/signal.ts'
import type { DeviceAttributes } from '../signals/signals.ts'
import { comparedText } from './property.ts'
import type { Comparison, Rule, RuleValue } from './rule.ts'

/** Says whether something holds; undefined where a signal that would tell is unknown. */
type Truth = boolean | undefined

const isMatch = ({ operator }: Comparison, text: string, wanted: RuleValue): boolean => {
  if (typeof wanted !== 'string') return false
  return operator.test === 'equals' ? text === wanted : textTests[operator.test](text, wanted)
}

const textTests = {
  startsWith: (text: string, wanted: string) => text.startsWith(wanted),
  endsWith: (text: string, wanted: string) => text.endsWith(wanted),
  contains: (text: string, wanted: string) => text.includes(wanted),
}

/** Matches a whole member of a collection, and no part of one, as Entra's `-contains` does. */
const matchesCollection = ({ compared }: Comparison, members: unknown): Truth =>
  Array.isArray(members) && members.every((member) => typeof member === 'string')
    ? members.some((member) => compared.includes(member.toLowerCase()))
    : undefined

/** Matches a value that a source says; undefined where it is of another type than the property, and thus says nothing. */
const matches = (comparison: Comparison, value: unknown): Truth => {
  const { property, compared } = comparison
  if (property.kind === 'collection') return matchesCollection(comparison, value)
  if (property.kind === 'boolean') return typeof value === 'boolean' ? compared.includes(value) : undefined
  const text = typeof value === 'string' ? comparedText(property.kind, value) : undefined
  return text === undefined ? undefined : compared.some((wanted) => isMatch(comparison, text, wanted))
}

/**
 * Compares. "For a device that is unregistered, all device properties are considered as null values": positive operators
 * do not match it, negative ones do. Whether that makes `-eq null` match it, Entra's pages do not agree: unknown.
 */
const compare = (comparison: Comparison, device: Signal<DeviceAttributes>): Truth => {
  const { property, operator, compared } = comparison
  if (device === undefined || (device === null && compared.includes(null))) return undefined
  const value = device === null ? null : device[property.name]
  if (value === undefined) return undefined
  const isMatched = value === null ? compared.includes(null) : matches(comparison, value)
  return isMatched === undefined ? undefined : isMatched !== operator.isNegative
}

/** Joins: one part that decides is enough; else an unknown one leaves the whole unknown. */
const join = (rules: readonly Rule[], device: Signal<DeviceAttributes>, deciding: boolean): Truth => {
  let truth: Truth = !deciding
  for (const rule of rules) {
    const part = evaluateRule(rule, device)
    if (part === deciding) return deciding
    if (part === undefined) truth = undefined
  }
  return truth
}

/**
 * Evaluates a rule of a device filter in three values.
 * @param device `null` for a device without a record in the directory.
 */
export const evaluateRule = (rule: Rule, device: Signal<DeviceAttributes>): Truth => {
  switch (rule.kind) {
    case 'comparison':
      return compare(rule, device)
    case 'not': {
      const inner = evaluateRule(rule.rule, device)
      return inner === undefined ? undefined : !inner
    }
    case 'and':
      return join(rule.rules, device, false)
    case 'or':
      return join(rule.rules, device, true)
  }
}
