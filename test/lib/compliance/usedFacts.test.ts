import { describe, expect, it } from 'vitest'
import { factsAsked } from '../../../lib/compliance/factsAsked.ts'
import { usedFacts } from '../../../lib/compliance/usedFacts.ts'
import { policyOf, reported, target } from './compliancePolicies.ts'

const policies = [
  policyOf('windows', { storageRequireEncryption: true, bitLockerEnabled: true }),
  policyOf('windows', { id: 'vpn', secureBootEnabled: true, assignments: [target('group', 'vpn')] }),
  policyOf('windows', { id: 'nobody', tpmRequired: true, assignments: [] }),
  policyOf('macOS', { firewallEnabled: true }),
]

describe('factsAsked()', () => {
  it('lists what policies ask for, but for those of nobody, and the platform', () => {
    const asked = ['platform', 'systemDriveEncrypted', 'secureBoot', 'firewallEnabled']
    expect([...factsAsked(policies)].toSorted()).toEqual(asked.toSorted())
  })

  it('lists nothing where there are no policies', () => expect(factsAsked([]).size).toBe(0))
})

describe('usedFacts()', () => {
  const facts = [
    reported('platform', 'windows'),
    reported('systemDriveEncrypted', true, { source: 'intune' }),
    reported('systemDriveEncrypted', undefined),
    reported('secureBoot', false),
    reported('tpmPresent', true),
    reported('firewallEnabled', true),
    reported('jailBroken', false),
  ]
  const used = (groups: readonly string[] | undefined, platform?: 'windows') =>
    usedFacts(policies, { platform, groups, facts }).map((report) => facts.indexOf(report))

  it.each([
    ['those of the policies that are assigned', used([], 'windows'), [0, 1, 2]],
    ['those of the policies that may be assigned', used(undefined, 'windows'), [0, 1, 2, 3]],
    ['those for the platform that a source names, where the signal is unknown', used(['vpn']), [0, 1, 2, 3]],
  ])('keeps %s', (_, kept, expected) => expect(kept).toEqual(expected))

  it('keeps those for any platform, where nobody names one', () => {
    const silent = facts.map((one) => (one.fact === 'platform' ? { ...one, value: undefined } : one))
    const kept = usedFacts(policies, { platform: undefined, groups: ['vpn'], facts: silent })
    expect(kept.map((one) => silent.indexOf(one))).toEqual([0, 1, 2, 3, 5])
  })

  it('keeps the platform alone where there are no policies, and nothing of nothing', () => {
    expect(usedFacts([], { platform: undefined, groups: [], facts })).toEqual([facts[0]])
    expect(usedFacts(policies, { platform: 'windows', groups: [] })).toEqual([])
  })
})
