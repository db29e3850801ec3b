import type { Property } from './property.ts'

/** Tests a value against those that a rule names, or is the opposite of such a test. */
export interface Operator {
  /** As Graph spells it, without its hyphen. */
  readonly name: string
  readonly test: 'equals' | 'startsWith' | 'endsWith' | 'contains'
  readonly isNegative: boolean
  /** Whether it takes a list in brackets. */
  readonly takesList: boolean
}

const pair = (
  name: string,
  negative: string,
  test: Operator['test'],
  takesList = false,
): readonly Operator[] => [
  { name, test, isNegative: false, takesList },
  { name: negative, test, isNegative: true, takesList },
]

/** Lists every operator of device filters. */
export const operators: readonly Operator[] = [
  ...pair('eq', 'ne', 'equals'),
  ...pair('startsWith', 'notStartsWith', 'startsWith'),
  ...pair('endsWith', 'notEndsWith', 'endsWith'),
  ...pair('contains', 'notContains', 'contains'),
  ...pair('in', 'notIn', 'equals', true),
]

const operatorsByName = new Map(operators.map((operator) => [operator.name.toLowerCase(), operator]))

/** Finds an operator by its name in any case, with its hyphen or without, as Entra takes it. */
export const operatorOf = (word: string): Operator | undefined =>
  operatorsByName.get(word.toLowerCase().replace(/^-/, ''))

/**
 * Tells whether Entra's table of device filters gives the property this operator. Where it gives `-eq`, older tables gave
 * `-in` too, but for True and False.
 */
export const isOperatorOf = ({ test, takesList }: Operator, { kind }: Property): boolean => {
  if (kind === 'text') return true
  if (kind === 'collection') return test === 'contains'
  return test === 'equals' && !(kind === 'boolean' && takesList)
}
