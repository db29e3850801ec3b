import type { Operator } from './operator.ts'
import type { Property } from './property.ts'

export type RuleValue = string | boolean | null

/** Compares one property with a value, or with each of a list. */
export interface Comparison {
  readonly kind: 'comparison'
  readonly property: Property
  readonly operator: Operator
  /** As the rule has them. */
  readonly values: readonly RuleValue[]
  /** The same as they are compared, so that nothing is folded when a request is decided. */
  readonly compared: readonly RuleValue[]
}

/** Joins comparisons. What is joined by `-and` or `-or` has two members at least. */
export type Rule =
  | Comparison
  | { readonly kind: 'not'; readonly rule: Rule }
  | { readonly kind: 'and' | 'or'; readonly rules: readonly Rule[] }

const printValue = (value: RuleValue): string => {
  if (value === null) return 'null'
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  return `"${value.replaceAll(/[`"]/g, '`$&')}"`
}

const printComparison = ({ property, operator, values }: Comparison): string => {
  const printed = values.map(printValue).join(', ')
  return `device.${property.name} -${operator.name} ${operator.takesList ? `[${printed}]` : printed}`
}

/** Prints a part, in parentheses where its own operator binds no tighter than the one around it. */
const printPart = (rule: Rule, around: 'not' | 'and' | 'or'): string => {
  const isLoose = rule.kind === 'or' || (rule.kind === 'and' && around !== 'or')
  return isLoose ? `(${printRule(rule)})` : printRule(rule)
}

/** Prints a rule so that it reads back as the same rule. */
export const printRule = (rule: Rule): string => {
  if (rule.kind === 'comparison') return printComparison(rule)
  if (rule.kind === 'not') return `-not ${printPart(rule.rule, 'not')}`
  return rule.rules.map((part) => printPart(part, rule.kind)).join(` -${rule.kind} `)
}
