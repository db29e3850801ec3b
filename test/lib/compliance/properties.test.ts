import { readFileSync } from 'node:fs'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { assess } from '../../../lib/compliance/assess.ts'
import type { CompliancePolicy } from '../../../lib/compliance/model/compliancePolicy.ts'
import { usedFacts } from '../../../lib/compliance/usedFacts.ts'
import {
  factKinds,
  type FactName,
  type FactReport,
  type FactValue,
} from '../../../lib/policy/signals/factKinds.ts'
import { fuzzRuns } from '../../fuzzRuns.ts'
import { now, parsedPolicies, policyOf, target } from './compliancePolicies.ts'

const { policies: exported } = parsedPolicies(
  JSON.parse(readFileSync(new URL('model/exportedPolicies.json', import.meta.url), 'utf8')),
)
const groupIds = [...new Set(exported.flatMap(({ assignment }) => assignment.groups))]

/** Policies that ask for little, so that some devices are compliant. */
const small = [
  policyOf('windows', { id: 'a', storageRequireEncryption: true }),
  policyOf('windows', { id: 'b', signatureOutOfDate: true, assignments: [target('group', groupIds[0])] }),
  policyOf('windows', {
    id: 'c',
    osMinimumVersion: '10.0.22631',
    assignments: [target('allDevices'), target('exclusionGroup', groupIds[0])],
  }),
  policyOf('macOS', { id: 'd', osMaximumBuildVersion: '24A335' }),
]

/** The best value of each fact comes first: of those that have none, true. */
const values: Readonly<Partial<Record<FactName, readonly FactValue[]>>> = {
  platform: ['windows', 'macOS', 'iOS'],
  osVersion: ['10.0.22631.5000', '10.0.22631', '10.0', '15.1', '14'],
  osBuild: ['23G80', '24A335', '24B83', '24A5264n'],
  threatLevel: ['secured', 'low', 'medium', 'high'],
  passwordMinimumCharacters: [20, 12, 8, 0],
  antivirusSignatureAgeDays: [0, 3, 7, 30],
}

const facts = Object.keys(factKinds) as readonly FactName[]

const reportOf = (fact: FactName, goodWeight: number): fc.Arbitrary<FactReport> => {
  const [best = true, ...others] = values[fact] ?? [true, false]
  const value = fc.oneof(
    { weight: goodWeight, arbitrary: fc.constant(best) },
    { weight: 1, arbitrary: fc.constantFrom<FactValue | null | undefined>(...others, null, undefined) },
  )
  return fc.record<FactReport>({
    fact: fc.constant(fact),
    source: fc.constantFrom('token', 'posture', 'attestation', 'intune'),
    value,
    at: fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom<number>(now, now - 3_600, now + 600) },
      { weight: 1, arbitrary: fc.constantFrom(undefined, now - 5 * 86_400) },
    ),
  })
}

/** One report of each fact, of a device that is mostly well, and some of other sources. */
const reports = fc
  .tuple(
    fc.tuple(...facts.map((fact) => reportOf(fact, 20))),
    fc.array(
      fc.constantFrom(...facts).chain((fact) => reportOf(fact, 3)),
      { maxLength: 3 },
    ),
  )
  .map(([own, others]) => [...own, ...others])

const signals = fc.record({
  at: fc.constant<number>(now),
  platform: fc.oneof(
    { weight: 8, arbitrary: fc.constant('windows' as const) },
    { weight: 1, arbitrary: fc.constantFrom('macOS' as const, undefined, null) },
  ),
  groups: fc.oneof(fc.subarray(groupIds), fc.constantFrom(undefined, null)),
  facts: reports,
})

type Given = typeof signals extends fc.Arbitrary<infer Value> ? Value : never

const policySets = fc.oneof(fc.subarray(small), fc.subarray(exported), fc.subarray([...small, ...exported]))

const runs = { numRuns: fuzzRuns(600) }

/** Asks of some policies and devices, and counts those that are compliant before: none would show nothing. */
const holds = (ask: (policies: readonly CompliancePolicy[], given: Given, index: number) => void) => {
  let compliant = 0
  fc.assert(
    fc.property(policySets, signals, fc.nat(100), (policies, given, index) => {
      if (assess(policies, given).compliant === 'yes') compliant += 1
      ask(policies, given, index)
    }),
    runs,
  )
  expect(compliant).toBeGreaterThan(60)
}

const without = (given: Given, index: number): Given => ({
  ...given,
  facts: given.facts.map((one, at) =>
    at === index % given.facts.length ? { ...one, value: undefined } : one,
  ),
})

describe('assess()', () => {
  it.each<readonly [what: string, change: (given: Given, index: number) => Given]>([
    ['a report is silent', without],
    [
      'one more source is silent',
      (given, index) => {
        const [fact = 'platform'] = facts.slice(index % facts.length)
        return { ...given, facts: [...given.facts, { fact, source: 'posture', value: undefined, at: now }] }
      },
    ],
    ['the platform is unknown', (given) => ({ ...given, platform: undefined })],
    ['the groups are unknown', (given) => ({ ...given, groups: undefined })],
    ['time passes', (given, index) => ({ ...given, at: given.at + index * 86_400 })],
    [
      'nobody knows the time of reports',
      (given) => ({
        ...given,
        facts: given.facts.map((one) => ({ ...one, at: undefined })),
      }),
    ],
  ])('never calls a device compliant, because %s, that it did not call so before', (_, change) => {
    holds((policies, given, index) => {
      if (assess(policies, change(given, index)).compliant === 'yes')
        expect(assess(policies, given).compliant).toBe('yes')
    })
  })

  it('says the same by the facts that are kept, however policies and reports are ordered', () => {
    holds((policies, given) => {
      const before = assess(policies, given)
      const kept = { ...given, facts: usedFacts(policies, given) }
      expect(assess(policies, kept)).toEqual(before)
      const turned = assess(policies.toReversed(), { ...given, facts: given.facts.toReversed() })
      expect(turned.compliant).toBe(before.compliant)
      expect(turned.policies.map(({ id, holds: answer }) => [id, answer])).toEqual(
        before.policies.map(({ id, holds: answer }) => [id, answer]),
      )
    })
  })

  it('never calls a device compliant for one more policy, where it was assessed by some for certain', () => {
    holds((policies, given, index) => {
      const [added] = exported.slice(index % exported.length)
      const before = assess(policies, given)
      if (added === undefined || before.policies.every(({ assigned }) => assigned !== 'yes')) return
      if (assess([...policies, added], given).compliant === 'yes') expect(before.compliant).toBe('yes')
    })
  })
})
