import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { maxCompliancePolicies } from '../../../../lib/compliance/model/parseCompliancePolicies.ts'
import type { Members } from '../../../tenants.ts'
import { parsedPolicies, policyDocument, target } from '../compliancePolicies.ts'

const read = (name: string) => readFileSync(new URL(name, import.meta.url), 'utf8')
const exported = JSON.parse(read('exportedPolicies.json')) as { readonly value: readonly Members[] }
const example = JSON.parse(read('../../../../docs/compliance.example.json')) as typeof exported

/** The cases of rejectedPolicies.txt: what is changed, and what is said of it. */
const rejected = read('rejectedPolicies.txt')
  .split(/\n(?=[{#\n])/)
  .filter((text) => text.startsWith('{'))
  .map((text) => text.split('\n  '))

const plain = (members: Members = {}) =>
  policyDocument('windows', { activeFirewallRequired: true, ...members })

const [vpn, contractors, admins, pilots] = ['21', '22', '23', '24'].map(
  (digits) => `bbbbbbbb-0000-4000-8000-0000000000${digits}`,
)

describe('parseCompliancePolicies()', () => {
  it('tells of each policy of an export', () => {
    const { policies, rejections } = parsedPolicies(exported)
    expect(rejections).toEqual([])
    expect(
      policies.map(({ displayName, platform, assignment, settings, meaningless }) => ({
        [displayName]: [platform, assignment, settings.map(({ name }) => name).join(' '), meaningless],
      })),
    ).toEqual([
      {
        'WIN - CMP - Security baseline': [
          'windows',
          { all: true, groups: [], excludedGroups: [] },
          'osMinimumVersion bitLockerEnabled storageRequireEncryption secureBootEnabled codeIntegrityEnabled activeFirewallRequired ' +
            'tpmRequired antivirusRequired antiSpywareRequired defenderEnabled signatureOutOfDate rtpEnabled',
          ['the action notification'],
        ],
      },
      {
        'WIN - CMP - Device health': [
          'windows',
          { all: false, groups: [vpn], excludedGroups: [pilots] },
          'requireHealthyDeviceReport secureBootEnabled codeIntegrityEnabled',
          [],
        ],
      },
      {
        'WIN - CMP - Valid builds': [
          'windows',
          { all: true, groups: [], excludedGroups: [pilots] },
          'osMaximumVersion validOperatingSystemBuildRanges',
          ['roleScopeTagIds'],
        ],
      },
      {
        'WIN - CMP - Contractors': [
          'windows',
          { all: false, groups: [contractors, admins], excludedGroups: [] },
          'passwordRequired passwordMinimumLength deviceThreatProtectionRequiredSecurityLevel',
          ['the action notification'],
        ],
      },
      {
        'MAC - CMP - Baseline': [
          'macOS',
          { all: true, groups: [], excludedGroups: [] },
          'passwordRequired passwordMinimumLength osMinimumVersion osMinimumBuildVersion systemIntegrityProtectionEnabled ' +
            'advancedThreatProtectionRequiredSecurityLevel storageRequireEncryption firewallEnabled',
          [],
        ],
      },
    ])
  })

  it('takes the example of the documents, for both platforms and all devices', () => {
    const { policies, rejections } = parsedPolicies(example)
    expect(rejections).toEqual([])
    expect(policies.map(({ platform, assignment }) => [platform, assignment.all])).toEqual([
      ['windows', true],
      ['macOS', true],
    ])
  })

  it('gives the same policies for the documents to store, which are without what Graph tells beside', () => {
    const first = parsedPolicies([...exported.value, plain({ assignments: [] })])
    expect(first.policies).toHaveLength(6)
    expect(parsedPolicies(first.documents)).toEqual(first)
    expect(JSON.stringify(first.documents)).not.toMatch(/null|@odata\.context|#microsoft\.graph\.assign/)
  })

  it('takes what exports with full metadata hold', () => {
    const noise = {
      '#microsoft.graph.assign': { title: 'microsoft.graph.assign', target: 'x' },
      'assignments@odata.associationLink': 'x',
      'displayName@odata.type': '#String',
      '@odata.editLink': 'x',
    }
    expect(parsedPolicies(plain(noise))).toEqual(parsedPolicies(plain()))
  })

  it('identifies a policy without id by its name, and one with an id by its one spelling', () => {
    expect(parsedPolicies(plain()).policies).toMatchObject([{ id: 'Plain', displayName: 'Plain' }])
    expect(parsedPolicies(plain({ id: '{AAAAAAAA-0000-4000-8000-000000000001}' })).policies).toMatchObject([
      { id: 'aaaaaaaa-0000-4000-8000-000000000001', displayName: 'Plain' },
    ])
  })

  it('takes as many policies as it says', () => {
    const many = Array.from({ length: maxCompliancePolicies }, (_, n) => plain({ id: `policy ${n}` }))
    expect(parsedPolicies(many)).toMatchObject({
      policies: { length: maxCompliancePolicies },
      rejections: [],
    })
    expect(parsedPolicies([...many, plain()]).rejections).toEqual(['the file: holds more than 100'])
  })

  it('sends a conditional-access policy elsewhere', () => {
    expect(
      parsedPolicies([
        { displayName: 'x', conditions: { users: { includeUsers: ['All'] } }, grantControls: null },
      ]).rejections,
    ).toEqual(['[0]: is a conditional-access policy, which `mayfly policy apply` takes'])
  })

  it.each(['unavailable', 'notSet', null])('takes a level of threat of %j for none', (level) => {
    const members = {
      deviceThreatProtectionEnabled: false,
      deviceThreatProtectionRequiredSecurityLevel: level,
    }
    expect(parsedPolicies(plain(members)).policies).toEqual(parsedPolicies(plain()).policies)
  })

  it('tells people of three ranges, and how many more there are', () => {
    const ranges = Array.from({ length: 5 }, (_, n) => ({ lowestVersion: `10.${n}` }))
    const { policies } = parsedPolicies(plain({ validOperatingSystemBuildRanges: ranges }))
    expect(policies[0]?.settings.map(({ wanted }) => wanted)).toContain(
      'version 10.0 or later, or 10.1 or later, or 10.2 or later, or of 2 more ranges',
    )
  })
})

describe('the assignments of a policy', () => {
  const assignmentIn = (members: Members, assignAll = false) =>
    parsedPolicies(plain(members), { assignAll }).policies.map(({ assignment }) => assignment)
  const everybody = { all: true, groups: [], excludedGroups: [] }
  const nobody = { ...everybody, all: false }

  it('may be nobody, and stay so when they are written', () => {
    const { policies, documents } = parsedPolicies(plain({ assignments: [] }))
    expect(policies).toMatchObject([{ assignment: nobody }])
    expect(documents).toMatchObject([{ assignments: [] }])
  })

  it.each([false, true])('are as the document says, where it says so (assign all: %j)', (assignAll) => {
    expect(assignmentIn({ assignments: [] }, assignAll)).toEqual([nobody])
    const assignments = [
      target('group', 'staff'),
      target('group', 'staff'),
      target('exclusionGroup', '{BBBBBBBB-0000-4000-8000-000000000021}'),
    ]
    expect(assignmentIn({ assignments }, assignAll)).toEqual([
      { all: false, groups: ['staff'], excludedGroups: [vpn] },
    ])
    expect(assignmentIn({ assignments: [target('allLicensedUsers')] }, assignAll)).toEqual([everybody])
  })

  it('are all where the caller says so of documents that say nothing, and so they are stored', () => {
    const first = parsedPolicies(plain({ assignments: null }), { assignAll: true })
    expect(first.policies).toMatchObject([{ assignment: everybody }])
    expect(parsedPolicies(first.documents)).toEqual(first)
  })
})

describe('compliance policies that are rejected', () => {
  it('are those of the cases', () => expect(rejected).toHaveLength(40))

  it.each(rejected)('%s: %s', (changes, ...rejections) => {
    const document = plain(JSON.parse(changes ?? '') as Members)
    expect(parsedPolicies(document).rejections).toEqual(rejections.map((line) => line.trim()))
  })
})
