import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Refusal } from '../../../../lib/errors/refusal.ts'
import { evaluateRule } from '../../../../lib/policy/filter/evaluateRule.ts'
import { isOperatorOf, operators } from '../../../../lib/policy/filter/operator.ts'
import {
  comparisonOf,
  maxRuleCharacters,
  parseRule,
  parseTokens,
} from '../../../../lib/policy/filter/parseRule.ts'
import { deviceProperties, propertyOf } from '../../../../lib/policy/filter/property.ts'
import { printRule, type Rule } from '../../../../lib/policy/filter/rule.ts'
import { type Token, tokensOf } from '../../../../lib/policy/filter/token.ts'
import type { DeviceAttributes } from '../../../../lib/policy/signals/signals.ts'
import { fuzzRuns } from '../../../fuzzRuns.ts'

const texts = fc.oneof(
  fc.constantFrom('AzureAD', 'serverad', 'Windows', 'x', '', `it's`, `"`, '`', '``', '`"', `\\"\\'`, ' '),
  fc.string({ unit: 'grapheme', maxLength: 8 }).filter((text) => !text.endsWith('\\')),
)

const pairs = deviceProperties.flatMap((name) => {
  const property = propertyOf(name)
  if (property === undefined) throw new Error(`There is no ${name}.`)
  return operators
    .filter((operator) => isOperatorOf(operator, property))
    .map((operator) => ({ property, operator }))
})

const comparisons = fc.constantFrom(...pairs).chain(({ property, operator }) => {
  const text = property.kind === 'trustType' ? fc.constantFrom('AzureAD', 'Hybrid Azure AD joined') : texts
  const one = property.kind === 'boolean' ? fc.boolean() : text
  const values = operator.takesList
    ? fc.array(text, { minLength: 1, maxLength: 3 })
    : fc.tuple(operator.test === 'equals' ? fc.oneof(one, fc.constant(null)) : text)
  return values.map((chosen): Rule => comparisonOf(property, operator, chosen))
})

const rules = fc.letrec<{ rule: Rule }>((tie) => ({
  rule: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    comparisons,
    tie('rule').map((rule): Rule => ({ kind: 'not', rule })),
    fc.record({
      kind: fc.constantFrom('and' as const, 'or' as const),
      rules: fc.array(tie('rule'), { minLength: 2, maxLength: 3 }),
    }),
  ),
})).rule

const values = fc.oneof(texts, fc.boolean(), fc.array(texts, { maxLength: 2 }), fc.constant(null))
const devices: fc.Arbitrary<DeviceAttributes> = fc.dictionary(fc.constantFrom(...deviceProperties), values, {
  noNullPrototype: true,
})

const outcome = (text: string): Rule | Refusal => {
  try {
    return parseRule(text)
  } catch (error) {
    if (error instanceof Refusal) return error
    throw error
  }
}

/** Mixes what rules are made of, and what is nearly so, in any order. */
const soup = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '(',
        ')',
        '[',
        ']',
        ',',
        '-and',
        '-or',
        '-not',
        'not',
        'True',
        'null',
        '"',
        "'",
        '`',
        '\\',
        ' ',
      ),
      fc.constantFrom(...deviceProperties.map((name) => `device.${name}`)),
      fc.constantFrom(...operators.map(({ name }) => `-${name}`)),
      texts.map((text) => `"${text}"`),
    ),
    { maxLength: 30 },
  )
  .map((parts) => parts.join(' '))

describe('rules of device filters', () => {
  it('read back as they were printed', () => {
    fc.assert(
      fc.property(rules, (rule) => {
        const printed = printRule(rule)
        fc.pre(printed.length <= maxRuleCharacters)
        expect(parseRule(printed)).toEqual(rule)
      }),
      { numRuns: fuzzRuns(500) },
    )
  })

  it('are refused, or evaluated, whatever they are', () => {
    const parsed = { rule: 0, refusal: 0 }
    const anything = fc.oneof(soup, rules.map(printRule), fc.string({ unit: 'binary' }))
    fc.assert(
      fc.property(anything, devices, (text, device) => {
        const rule = outcome(text)
        parsed[rule instanceof Refusal ? 'refusal' : 'rule'] += 1
        if (rule instanceof Refusal) return
        expect([true, false, undefined]).toContain(evaluateRule(rule, device))
        expect(printRule(parseRule(printRule(rule)))).toBe(printRule(rule))
      }),
      { numRuns: fuzzRuns(1_000) },
    )
    expect(Math.min(parsed.rule, parsed.refusal)).toBeGreaterThan(50)
  })

  it('say nothing else of a device of which less is known', () => {
    fc.assert(
      fc.property(rules, devices, fc.constantFrom(...deviceProperties), (rule, device, name) => {
        const { [name]: hidden, ...known } = device
        const before = evaluateRule(rule, device)
        expect([undefined, before]).toContain(evaluateRule(rule, known))
        expect(evaluateRule(rule, undefined)).toBeUndefined()
        expect(hidden).toBe(device[name])
      }),
      { numRuns: fuzzRuns(500) },
    )
  })
})

/** Families of rules that grow with n: what costs a careless reader more than n steps. */
const families: readonly (readonly [name: string, rule: (n: number) => string])[] = [
  ['an alternation', (n) => Array.from({ length: n }, () => 'device.model -eq "x"').join(' -or ')],
  ['a list', (n) => `device.model -in [${Array.from({ length: n }, () => '"x"').join(',')}]`],
  ['groups', (n) => Array.from({ length: n }, () => '(-not (device.model -eq "x"))').join(' -and ')],
  ['one text', (n) => `device.model -contains "${'x""'.repeat(n)}"`],
  ['parentheses that nothing closes', (n) => `${'('.repeat(Math.min(n, 60))}device.model -eq "x"`],
  ['a text that nothing closes', (n) => `device.model -eq "${'""'.repeat(n)}`],
]

/** Counts what is taken of an iterator, and what is read of a device. */
const stepsOf = (text: string): number => {
  let steps = 0
  const counted = function* (): Generator<Token, void> {
    for (const token of tokensOf(text)) {
      steps += 1
      yield token
    }
  }
  const device = new Proxy<DeviceAttributes>({}, { get: () => ((steps += 1), 'y') })
  try {
    evaluateRule(parseTokens(counted()), device)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
  }
  return steps
}

it.each(families)('take steps in proportion to the length of %s', (_, rule) => {
  for (const n of [1, 10, 50, 100]) expect(stepsOf(rule(n))).toBeLessThanOrEqual(rule(n).length)
  expect(stepsOf(rule(100))).toBeLessThanOrEqual(10 * stepsOf(rule(10)) + 10)
})
