import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { factsIn, mistakenFact } from '../../../lib/policy/factsIn.ts'
import { type FactName, factKinds } from '../../../lib/policy/signals/factKinds.ts'
import { isValueOf } from '../../../lib/policy/signals/isValueOf.ts'
import { factMapping } from '../../../lib/tenant/factMapping.ts'
import { fuzzRuns } from '../../fuzzRuns.ts'

const at = Date.UTC(2026, 2, 2, 10) / 1000
const days = (count: number) => count * 86_400

/** Tokens that were issued a minute before the decision. */
const told = { source: 'posture', at, now: at + 60, clockToleranceSeconds: 60 } as const

const read = (fact: FactName, source: unknown, claims: unknown) =>
  factsIn(factMapping.parse({ [fact]: source }), claims as Record<string, unknown>, told)[0]?.value

describe('factsIn() takes a claim as it is', () => {
  it.each<[FactName, unknown]>([
    ['secureBoot', true],
    ['secureBoot', false],
    ['passwordMinimumCharacters', 0],
    ['updateAgeDays', 2.5],
    ['osVersion', '10.0.22631.4460'],
    ['tpmVersion', '2'],
    ['osBuild', '23F79'],
    ['platform', 'macOS'],
    ['threatLevel', 'secured'],
  ])('%s %j', (fact, value) => expect(read(fact, 'x', { x: value })).toBe(value))
})

describe('factsIn() leaves unknown what is no value of the fact:', () => {
  it.each<[FactName, unknown]>([
    ['secureBoot', 'true'],
    ['secureBoot', 1],
    ['secureBoot', null],
    ['secureBoot', undefined],
    ['secureBoot', [true]],
    ['secureBoot', { value: true }],
    ['passwordMinimumCharacters', '8'],
    ['passwordMinimumCharacters', -1],
    ['passwordMinimumCharacters', Number.POSITIVE_INFINITY],
    ['osVersion', 14.1],
    ['osVersion', '14.1 beta'],
    ['osVersion', '14..1'],
    ['osVersion', '1.'.repeat(8) + '1'],
    ['osVersion', '12345678901'],
    ['osBuild', ''],
    ['osBuild', 'x'.repeat(129)],
    ['osBuild', 'a\nb'],
    ['platform', 'Windows'],
    ['platform', ['windows']],
    ['threatLevel', 'constructor'],
  ])('%s %j', (fact, value) => expect(read(fact, 'x', { x: value })).toBeUndefined())
})

describe('factsIn() finds a claim', () => {
  it.each<[string, unknown, unknown, unknown]>([
    ['within others', ['a', 'b', 'c'], { a: { b: { c: true } } }, true],
    ['whose name has dots', 'a.b', { 'a.b': true, a: { b: false } }, true],
    ['not where a member is missing', ['a', 'b'], { a: {} }, undefined],
    ['not within a list', ['a', '0'], { a: [true] }, undefined],
    ['not within a text', ['a', 'length'], { a: 'x' }, undefined],
    ['not where it is inherited', ['a', 'b'], { a: Object.create({ b: true }) }, undefined],
    ['not where an object is', ['a'], { a: { b: true } }, undefined],
  ])('%s', (_, path, claims, value) => expect(read('secureBoot', path, claims)).toBe(value))
})

describe('factsIn() reads by a table', () => {
  const table = { on: 'secured', '0': 'secured', '7.5': 'high', true: 'low', none: null }

  it.each<[unknown, unknown]>([
    ['on', 'secured'],
    [0, 'secured'],
    [7.5, 'high'],
    [true, 'low'],
    ['true', 'low'],
    ['none', null],
    [null, undefined],
    ['secured', undefined],
    ['ON', undefined],
    [['on'], undefined],
    [{}, undefined],
    ['toString', undefined],
    ['__proto__', undefined],
  ])('%j as %j', (value, level) =>
    expect(read('threatLevel', { claim: 'x', values: table }, { x: value })).toBe(level),
  )

  it('what says the opposite', () => {
    const opposite = { claim: ['boot', 'debugOff'], values: { true: false, false: true } }
    expect(read('bootDebugging', opposite, { boot: { debugOff: true } })).toBe(false)
  })
})

describe('factsIn() counts an age from a time', () => {
  it.each<[string, unknown, number | undefined]>([
    ['in seconds', at - days(3), 3],
    ['in seconds and parts', at - 0.5 * days(1), 0.5],
    ['in UTC', '2026-02-27T10:00:00Z', 3],
    ['in another zone, with fractions', '2026-02-27T11:00:00.0000000+01:00', 3],
    ['since it was told', at, 0],
    ['as far ahead as clocks may differ', told.now + 60, 0],
    ['later than that', told.now + 60.5, undefined],
    ['in milliseconds', 1_000 * at, undefined],
    ['before 1970', '1969-12-31T23:59:59Z', undefined],
    ['that never was', '0001-01-01T00:00:00Z', undefined],
    ['in seconds as text', String(at), undefined],
    ['without a zone', '2026-02-27T10:00:00', undefined],
    ['of a date alone', '2026-02-27', undefined],
    ['that is none', Number.NaN, undefined],
    ['in a list', [at], undefined],
    ['that is true', true, undefined],
  ])('%s', (_, since, age) =>
    expect(read('updateAgeDays', { claim: 'x', since: true }, { x: since })).toBe(age),
  )

  it('in the unit of the fact', () =>
    expect(read('attestationAgeSeconds', { claim: 'x', since: true }, { x: at - 90 })).toBe(90))
})

describe('factsIn()', () => {
  it('reports every fact of the mapping, and when it was so', () => {
    const mapping = factMapping.parse({ secureBoot: 'a', firewallEnabled: 'b' })
    expect(factsIn(mapping, { a: true }, { ...told, at: at + 0.9 })).toEqual([
      { fact: 'secureBoot', source: 'posture', value: true, at },
      { fact: 'firewallEnabled', source: 'posture', value: undefined, at: undefined },
    ])
  })

  it('tells values of the fact alone, whatever claims hold', () => {
    const facts = Object.keys(factKinds) as FactName[]
    const claims = fc.dictionary(fc.constantFrom('a', 'b', '__proto__'), fc.anything({ maxDepth: 3 }))
    const source = fc.constantFrom<unknown>('a', ['a', 'b'], ['a', '__proto__'], '__proto__')
    fc.assert(
      fc.property(fc.constantFrom(...facts), source, claims, (fact, from, all) => {
        const value = read(fact, from, all)
        expect(value === undefined || isValueOf(fact, value)).toBe(true)
      }),
      { numRuns: fuzzRuns(2_000) },
    )
  })
})

describe('mistakenFact()', () => {
  const mapping = factMapping.parse({
    secureBoot: ['boot', 'secure'],
    platform: 'os',
    threatLevel: { claim: 'risk', values: { none: 'secured' } },
    updateAgeDays: { claim: 'updated', since: true },
  })

  it.each<[FactName, unknown, string]>([
    ['secureBoot', { boot: { secure: 'yes' } }, 'claim "boot.secure" is a string, true or false wanted'],
    [
      'platform',
      { os: ['windows'] },
      'claim "os" is a list, one of android, iOS, windows, windowsPhone, macOS, linux wanted',
    ],
    [
      'threatLevel',
      { risk: { level: 0 } },
      `claim "risk" is an object, a value of the tenant's table wanted`,
    ],
    [
      'updateAgeDays',
      { updated: true },
      'claim "updated" is a boolean, a time of RFC 3339, or seconds since 1970 wanted',
    ],
  ])('says what is there instead of %s', (fact, claims, why) =>
    expect(mistakenFact(mapping, claims as Record<string, unknown>, fact)).toBe(why),
  )

  it.each<[FactName, unknown]>([
    ['secureBoot', { boot: { secure: false } }],
    ['secureBoot', { boot: true }],
    ['updateAgeDays', { updated: at }],
    ['threatLevel', { risk: 'none' }],
    ['jailBroken', { jailBroken: 'no' }],
  ])('says nothing of %s that is told, absent or not mapped', (fact, claims) =>
    expect(mistakenFact(mapping, claims as Record<string, unknown>, fact)).toBeUndefined(),
  )
})
