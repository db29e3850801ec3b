import { describe, expect, it } from 'vitest'
import { evidence } from '../../../lib/tenant/evidence.ts'
import { factMapping } from '../../../lib/tenant/factMapping.ts'

interface Parsed {
  readonly error?: {
    readonly issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[]
  }
}

const faultsOf = ({ error }: Parsed) =>
  (error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`)

describe('factMapping', () => {
  it.each([
    ['a claim', { secureBoot: 'boot' }],
    ['a claim within others', { secureBoot: ['boot', 'secure'] }],
    ['a table', { threatLevel: { claim: 'risk', values: { '0': 'secured', none: null } } }],
    ['a table of numbers', { updateAgeDays: { claim: 'ring', values: { fast: 7 } } }],
    ['a time that an age counts from', { attestationAgeSeconds: { claim: 'at', since: true } }],
  ])('takes %s', (_, mapping) => expect(factMapping.parse(mapping)).toEqual(mapping))

  it.each<[string, unknown, RegExp]>([
    [
      'a fact in another spelling',
      { secureboot: 'x' },
      /^secureboot: no fact has this name: write secureBoot$/,
    ],
    ['no fact', { boot: 'x' }, /^boot: no fact has this name: the facts are platform, osVersion,/],
    ['a name that objects inherit', { constructor: 'x' }, /^constructor: no fact has this name/],
    [
      'a word that the fact never has',
      { threatLevel: { claim: 'x', values: { a: 'severe' } } },
      /^threatLevel.values.a: one of secured, low, medium, high, or null$/,
    ],
    [
      'text where it is yes or no',
      { secureBoot: { claim: 'x', values: { a: 'true' } } },
      /^secureBoot.values.a: true or false, or null$/,
    ],
    [
      'a number below 0',
      { updateAgeDays: { claim: 'x', values: { a: -1 } } },
      /^updateAgeDays.values.a: a number, 0 or more, or null$/,
    ],
    [
      'a version as a number',
      { osVersion: { claim: 'x', values: { sonoma: 14 } } },
      /^osVersion.values.sonoma: numbers between dots as text/,
    ],
    ['an empty table', { secureBoot: { claim: 'x', values: {} } }, /^secureBoot.values: one value at least$/],
    [
      'the age of what is none',
      { secureBoot: { claim: 'x', since: true } },
      /^secureBoot.since: only these count from a time: updateAgeDays,/,
    ],
    [
      'a table and a time',
      { updateAgeDays: { claim: 'x', values: { a: 1 }, since: true } },
      /^updateAgeDays: /,
    ],
    ['no path', { secureBoot: [] }, /^secureBoot: /],
    ['what is neither', { secureBoot: 7 }, /^secureBoot: the name of a claim, a list of names/],
  ])('refuses %s', (_, mapping, why) => {
    const faults = faultsOf(factMapping.safeParse(mapping))
    expect(faults).toHaveLength(1)
    expect(faults[0]).toMatch(why)
  })
})

describe('the posture issuers of a tenant', () => {
  const issuer = { issuer: 'https://mdm.example', audience: 'a', facts: { secureBoot: 'x' } }
  const named = { ...issuer, deviceIdClaim: 'device' }

  it.each([
    ['name the device', { posture: [named] }],
    ['need not, where any machine will do', { posture: [issuer], anyMachine: true }],
    ['may be one for two audiences', { posture: [named, { ...named, audience: 'b' }] }],
  ])('%s', (_, document) => expect(faultsOf(evidence.safeParse(document))).toEqual([]))

  it.each<[string, unknown, RegExp]>([
    [
      'whose tokens name no device',
      { posture: [named, { ...issuer, audience: 'b' }] },
      /^posture.1.deviceIdClaim: needed, unless anyMachine/,
    ],
    ['that tell nothing', { posture: [{ ...named, facts: {} }] }, /^posture.0.facts: one fact at least$/],
  ])('are refused %s', (_, document, why) =>
    expect(faultsOf(evidence.safeParse(document)).join('\n')).toMatch(why),
  )
})
