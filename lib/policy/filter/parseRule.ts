import type { Refusal } from '../../errors/refusal.ts'
import { isOperatorOf, type Operator, operatorOf } from './operator.ts'
import { comparedText, type Property, propertyOf } from './property.ts'
import type { Comparison, Rule, RuleValue } from './rule.ts'
import { ruleRefusal, type Token, tokensOf } from './token.ts'

/** Bounds a rule, as Entra does. */
export const maxRuleCharacters = 3_072

/** Bounds the nesting of parentheses and `-not`, so that no rule exhausts the stack. */
export const maxRuleDepth = 64

/** Gives the tokens that are left, one by one, and shows the next. */
interface Tokens {
  readonly next: () => Token
  readonly take: () => Token
}

const tokensFrom = (tokens: Iterator<Token, void>): Tokens => {
  const read = (): Token => tokens.next().value ?? { kind: 'end', text: 'the end', at: 0 }
  let next = read()
  return {
    next: () => next,
    take: () => {
      const taken = next
      if (taken.kind !== 'end') next = read()
      return taken
    },
  }
}

const shown = ({ kind, text }: Token): string => (kind === 'end' ? text : JSON.stringify(text))

const unexpected = (tokens: Tokens, wanted: string): Refusal =>
  ruleRefusal(`character ${tokens.next().at}: ${wanted} is wanted, not ${shown(tokens.next())}`)

/** Takes the next token where it is that mark, or that logical operator with its hyphen or without. */
const takeIf = (tokens: Tokens, kind: 'word' | 'mark', text: string): boolean => {
  const next = tokens.next()
  const isIt = next.kind === kind && next.text.toLowerCase().replace(/^-/, '') === text
  if (isIt) tokens.take()
  return isIt
}

const takeProperty = (tokens: Tokens): Property => {
  const next = tokens.next()
  const [, name] = (next.kind === 'word' && /^device\.(.+)$/i.exec(next.text)) || []
  if (name === undefined) throw unexpected(tokens, 'a property, such as device.model,')
  const property = propertyOf(name)
  if (property === undefined) throw unexpected(tokens, 'a property of device filters')
  tokens.take()
  return property
}

const takeOperator = (tokens: Tokens, property: Property): Operator => {
  const next = tokens.next()
  const operator = next.kind === 'word' ? operatorOf(next.text) : undefined
  if (operator === undefined) throw unexpected(tokens, 'an operator of device filters')
  if (!isOperatorOf(operator, property))
    throw unexpected(tokens, `an operator that device.${property.name} has`)
  tokens.take()
  return operator
}

const literals: ReadonlyMap<string, RuleValue> = new Map([
  ['true', true],
  ['false', false],
  ['null', null],
])

/** Takes what `-eq` and `-ne` compare with: `null` for any property, and True and False, quoted or not, for a boolean one. */
const takeEqual = (tokens: Tokens, { kind, name }: Property): RuleValue => {
  const next = tokens.next()
  const literal = literals.get(next.text.toLowerCase())
  const isNull = next.kind === 'word' && literal === null
  const isBoolean = kind === 'boolean' && typeof literal === 'boolean'
  if (isNull || isBoolean) {
    tokens.take()
    return literal
  }
  if (kind === 'boolean') throw unexpected(tokens, `True or False for device.${name}`)
  return takeText(tokens, { kind, name })
}

const takeText = (tokens: Tokens, { kind }: Property): string => {
  const next = tokens.next()
  if (next.kind !== 'text') throw unexpected(tokens, 'a text in quotes')
  if (comparedText(kind, next.text) === undefined) throw unexpected(tokens, 'AzureAD, ServerAD or Workplace')
  return tokens.take().text
}

const takeList = (tokens: Tokens, property: Property): readonly string[] => {
  if (!takeIf(tokens, 'mark', '[')) throw unexpected(tokens, 'a list in brackets')
  const values = [takeText(tokens, property)]
  while (takeIf(tokens, 'mark', ',')) values.push(takeText(tokens, property))
  if (!takeIf(tokens, 'mark', ']')) throw unexpected(tokens, 'a comma or "]"')
  return values
}

const takeComparison = (tokens: Tokens): Comparison => {
  const property = takeProperty(tokens)
  const operator = takeOperator(tokens, property)
  const takeOne = operator.test === 'equals' ? takeEqual : takeText
  const values = operator.takesList ? takeList(tokens, property) : [takeOne(tokens, property)]
  return comparisonOf(property, operator, values)
}

/** Makes a comparison of what a rule says. */
export const comparisonOf = (
  property: Property,
  operator: Operator,
  values: readonly RuleValue[],
): Comparison => ({
  kind: 'comparison',
  property,
  operator,
  values,
  compared: values.map((value) =>
    typeof value === 'string' ? (comparedText(property.kind, value) ?? value) : value,
  ),
})

const takeUnit = (tokens: Tokens, depth: number): Rule => {
  if (depth > maxRuleDepth) throw ruleRefusal(`is nested more than ${maxRuleDepth} levels deep`)
  if (takeIf(tokens, 'word', 'not')) return { kind: 'not', rule: takeUnit(tokens, depth + 1) }
  if (!takeIf(tokens, 'mark', '(')) return takeComparison(tokens)
  const rule = takeJoined(tokens, 'or', depth + 1)
  if (!takeIf(tokens, 'mark', ')')) throw unexpected(tokens, '-and, -or or ")"')
  return rule
}

/** Takes what is joined by an operator: `-or` joins what `-and` joined, which binds tighter. */
const takeJoined = (tokens: Tokens, kind: 'and' | 'or', depth: number): Rule => {
  const takePart = () => (kind === 'or' ? takeJoined(tokens, 'and', depth) : takeUnit(tokens, depth))
  const first = takePart()
  const rules = [first]
  while (takeIf(tokens, 'word', kind)) rules.push(takePart())
  return rules.length === 1 ? first : { kind, rules }
}

/** Parses tokens, each of which is read once: what it costs is in proportion to the length of the rule. */
export const parseTokens = (iterator: Iterator<Token, void>): Rule => {
  const tokens = tokensFrom(iterator)
  const rule = takeJoined(tokens, 'or', 0)
  if (tokens.next().kind !== 'end') throw unexpected(tokens, '-and, -or or the end')
  return rule
}

/**
 * Parses a rule of a device filter, in the grammar of Entra's dynamic rules as far as its device filters go: `-eq -ne
 * -startsWith -notStartsWith -endsWith -notEndsWith -contains -notContains -in -notIn` bind tightest, then `-not`,
 * `-and`, `-or`. Names and operators are taken in any case, operators without their hyphen too.
 * @throws {Refusal} `configuration-invalid`, whose message says where and follows a path and a colon.
 */
export const parseRule = (text: string): Rule => {
  if (text.length > maxRuleCharacters) throw ruleRefusal('has more than 3,072 characters')
  return parseTokens(tokensOf(text))
}
