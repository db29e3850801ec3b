import { describe, expect, it } from 'vitest'
import { assess } from '../../../lib/compliance/assess.ts'
import type { CompliancePolicy } from '../../../lib/compliance/model/compliancePolicy.ts'
import type { Signals } from '../../../lib/policy/signals/signals.ts'
import { now, policyOf, reported, target } from './compliancePolicies.ts'

const [vpn, contractors] = ['1', '2'].map((digit) => `bbbbbbbb-0000-4000-8000-00000000000${digit}`)

const encrypted = policyOf('windows', { id: 'encrypted', storageRequireEncryption: true })
const firewalled = (...assignments: readonly unknown[]) =>
  policyOf('windows', { id: 'firewalled', activeFirewallRequired: true, assignments })
const onMac = policyOf('macOS', { id: 'mac', firewallEnabled: true })

/** A device that is encrypted, and without a firewall. */
const facts = [
  reported('systemDriveEncrypted', true),
  reported('firewallEnabled', false),
  reported('platform', 'windows'),
]

type Given = Partial<Pick<Signals, 'platform' | 'groups' | 'facts'>>

const assessed = (policies: readonly CompliancePolicy[], given: Given = {}) =>
  assess(policies, { at: now, platform: 'windows', groups: [], facts, ...given })

const summary = (policies: readonly CompliancePolicy[], given: Given = {}) => {
  const { compliant, policies: those } = assessed(policies, given)
  return [compliant, ...those.map(({ id, assigned, holds }) => `${id} ${assigned} ${holds}`)]
}

const cases: readonly (readonly [
  what: string,
  policies: readonly CompliancePolicy[],
  expected: readonly string[],
  given?: Given,
])[] = [
  ['unknown without policies', [], ['unknown']],
  ['unknown where none is for the platform', [onMac], ['unknown']],
  ['yes where the one that is assigned holds', [encrypted, onMac], ['yes', 'encrypted yes yes']],
  [
    'no where one of those that are assigned fails',
    [firewalled(target('allLicensedUsers')), encrypted],
    ['no', 'encrypted yes yes', 'firewalled yes no'],
  ],
  [
    'yes where the other one is for other users',
    [encrypted, firewalled(target('group', vpn))],
    ['yes', 'encrypted yes yes'],
  ],
  [
    'no where the other one is for a group of the user',
    [encrypted, firewalled(target('group', contractors), target('group', vpn?.toUpperCase()))],
    ['no', 'encrypted yes yes', 'firewalled yes no'],
    { groups: [vpn ?? ''] },
  ],
  [
    'unknown where the other one may be assigned, and fails',
    [encrypted, firewalled(target('group', vpn))],
    ['unknown', 'encrypted yes yes', 'firewalled unknown no'],
    { groups: undefined },
  ],
  [
    'yes where the user has no groups',
    [encrypted, firewalled(target('group', vpn))],
    ['yes', 'encrypted yes yes'],
    { groups: null },
  ],
  [
    'yes where the other one excludes the user',
    [encrypted, firewalled(target('allDevices'), target('exclusionGroup', vpn))],
    ['yes', 'encrypted yes yes'],
    { groups: [vpn ?? ''] },
  ],
  [
    'unknown where nobody knows whether the other one excludes the user',
    [encrypted, firewalled(target('allDevices'), target('exclusionGroup', vpn))],
    ['unknown', 'encrypted yes yes', 'firewalled unknown no'],
    { groups: undefined },
  ],
  [
    'unknown where the only one may be assigned, and holds',
    [encrypted],
    ['unknown', 'encrypted unknown yes'],
    { platform: undefined },
  ],
  ['unknown where the only one is assigned to nobody', [firewalled()], ['unknown']],
  [
    'unknown where the only one excludes, and includes nobody',
    [firewalled(target('exclusionGroup', vpn))],
    ['unknown'],
  ],
]

describe('assess()', () => {
  it.each(cases.map(([what, policies, expected, given = {}]) => ({ what, policies, expected, given })))(
    'says $what',
    ({ policies, expected, given }) => expect(summary(policies, given)).toEqual(expected),
  )

  it.each<readonly [what: string, given: Given]>([
    ['sources disagree', { facts: [...facts, reported('platform', 'macOS', { source: 'intune' })] }],
    ['the signal is another', { platform: 'macOS' }],
    [
      'nobody says anything',
      { platform: undefined, facts: [reported('platform', undefined), ...facts.slice(0, 2)] },
    ],
  ])('takes all policies for those that may be assigned where %s', (_, given) => {
    expect(summary([encrypted, onMac], given)).toEqual(['unknown', 'encrypted unknown yes', 'mac unknown no'])
  })

  it.each<readonly [what: string, given: Given]>([
    ['a source is silent', { facts: [...facts, reported('platform', undefined, { source: 'intune' })] }],
    ['a source says that there is none', { facts: [...facts, reported('platform', null)] }],
    ['the signal says nothing', { platform: undefined }],
    ['the signal says that there is none', { platform: null }],
  ])('leaves out those for a platform that nobody names where %s', (_, given) => {
    expect(summary([encrypted, onMac], given)).toEqual(['unknown', 'encrypted unknown yes'])
  })

  it.each(['iOS', 'windowsPhone'] as const)('assigns nothing on %s', (platform) => {
    const reports = [reported('platform', platform)]
    expect(summary([encrypted, onMac], { platform, facts: reports })).toEqual(['unknown'])
  })

  it('tells of each setting what is wanted, what to do, and what sources say', () => {
    const policy = policyOf('windows', { activeFirewallRequired: true, tpmRequired: true })
    const reports = [
      reported('firewallEnabled', true, { source: 'token' }),
      reported('firewallEnabled', false, { source: 'intune' }),
      reported('secureBoot', true),
    ]
    expect(assessed([policy], { facts: reports })).toEqual({
      compliant: 'no',
      policies: [
        {
          id: 'Plain',
          displayName: 'Plain',
          assigned: 'yes',
          holds: 'no',
          settings: [
            {
              name: 'activeFirewallRequired',
              wanted: 'the firewall on',
              deed: 'turn on the firewall',
              holds: 'no',
              reports: reports.slice(0, 2),
            },
            {
              name: 'tpmRequired',
              wanted: 'a TPM',
              deed: 'turn on the TPM, or use a device that has one',
              holds: 'unknown',
              reports: [],
            },
          ],
        },
      ],
    })
  })
})
