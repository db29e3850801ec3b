import { describe, expect, it } from 'vitest'
import { assess } from '../../../lib/compliance/assess.ts'
import type { CompliancePlatform } from '../../../lib/compliance/model/compliancePolicy.ts'
import { macOSSettings } from '../../../lib/compliance/model/macOSSettings.ts'
import { windowsSettings } from '../../../lib/compliance/model/windowsSettings.ts'
import type { FactName, FactValue } from '../../../lib/policy/signals/factKinds.ts'
import type { Members } from '../../tenants.ts'
import { now, parsedPolicies, policyDocument, policyOf, reported } from './compliancePolicies.ts'

type Values = readonly (FactValue | null)[]

interface Case {
  readonly members: Members
  readonly fact: FactName
  readonly yes: Values
  readonly no: Values
  readonly unknown?: Values
}

const aSwitch = (name: string, fact: FactName): Case => ({
  members: { [name]: true },
  fact,
  yes: [true],
  no: [false],
  unknown: ['true', 1],
})

const ofBoth: readonly Case[] = [
  aSwitch('passwordRequired', 'passwordRequired'),
  aSwitch('storageRequireEncryption', 'systemDriveEncrypted'),
  {
    members: { passwordMinimumLength: 8 },
    fact: 'passwordMinimumCharacters',
    yes: [8, 9],
    no: [7, 0],
    unknown: ['8', -1, Number.NaN],
  },
  ...(['secured', 'low', 'medium', 'high'] as const).map((level, index, levels) => ({
    members: { deviceThreatProtectionEnabled: true, deviceThreatProtectionRequiredSecurityLevel: level },
    fact: 'threatLevel' as const,
    yes: levels.slice(0, index + 1),
    no: levels.slice(index + 1),
    unknown: ['none', 'LOW', 0],
  })),
]

const range = (lowestVersion?: string, highestVersion?: string) => ({
  '@odata.type': '#microsoft.graph.operatingSystemVersionRange',
  description: 'Some release',
  lowestVersion,
  highestVersion,
})

const cases: Readonly<Record<CompliancePlatform, readonly Case[]>> = {
  windows: [
    ...ofBoth,
    {
      members: { osMinimumVersion: '10.0.22631.2861' },
      fact: 'osVersion',
      yes: ['10.0.22631.2861', '10.0.22631.10000', '10.0.100000', '11'],
      no: ['10.0.22631.900', '10.0.9999.9999', '6.3.9600', '9'],
      unknown: ['10.0.22631', '10', 'Windows 11', '10.0.22631.2861 ', 10],
    },
    {
      members: { osMaximumVersion: '10.0.26100' },
      fact: 'osVersion',
      yes: ['10.0.26100', '10.0.26100.0', '10.0.9600.1', '6.3'],
      no: ['10.0.26100.1', '10.0.26101', '11'],
      unknown: ['10.0', '10.0.x'],
    },
    {
      members: {
        validOperatingSystemBuildRanges: [
          range('10.0.22631.4460', '10.0.22631.9999'),
          range('10.0.26100.2314'),
          range(undefined, '6.1.7601'),
        ],
      },
      fact: 'osVersion',
      yes: ['10.0.22631.4460', '10.0.22631.9999', '10.0.26200.1', '6.1.7601'],
      no: ['10.0.22631.4459', '10.0.22631.10000', '10.0.26100.900', '6.2'],
      unknown: ['10.0.22631', '10.0', '6.1'],
    },
    aSwitch('requireHealthyDeviceReport', 'attestationValidated'),
    aSwitch('bitLockerEnabled', 'systemDriveEncrypted'),
    aSwitch('secureBootEnabled', 'secureBoot'),
    aSwitch('codeIntegrityEnabled', 'codeIntegrity'),
    aSwitch('activeFirewallRequired', 'firewallEnabled'),
    aSwitch('tpmRequired', 'tpmPresent'),
    aSwitch('antivirusRequired', 'antivirusEnabled'),
    aSwitch('antiSpywareRequired', 'antispywareEnabled'),
    aSwitch('defenderEnabled', 'defenderEnabled'),
    aSwitch('rtpEnabled', 'antivirusRealTime'),
    {
      members: { signatureOutOfDate: true },
      fact: 'antivirusSignatureAgeDays',
      yes: [0, 7],
      no: [7.01, 300],
      unknown: ['7', -1],
    },
  ],
  macOS: [
    ...ofBoth,
    {
      members: { osMinimumVersion: '15.0' },
      fact: 'osVersion',
      yes: ['15', '15.0', '15.0.1', '26.1'],
      no: ['14.7.1', '9.9'],
      unknown: ['Sequoia'],
    },
    {
      members: { osMaximumVersion: '15.1' },
      fact: 'osVersion',
      yes: ['15.1', '14.9'],
      no: ['15.1.1', '15.10'],
      unknown: ['15'],
    },
    {
      members: { osMinimumBuildVersion: '23G80' },
      fact: 'osBuild',
      yes: ['23G80', '23G93', '23H1', '24A335'],
      no: ['23G9', '23F79', '9A999', '22H625'],
      unknown: ['23G2080', '24A5264n', '23g80', '23', '14.6'],
    },
    {
      members: { osMaximumBuildVersion: '23G2080' },
      fact: 'osBuild',
      yes: ['23G2080', '23G2000', '23F2000', '22H625'],
      no: ['23G2081', '23H1', '24A335'],
      unknown: ['23G80', '23G3000', '22F770820b'],
    },
    aSwitch('systemIntegrityProtectionEnabled', 'systemIntegrityProtection'),
    aSwitch('firewallEnabled', 'firewallEnabled'),
    {
      members: { advancedThreatProtectionRequiredSecurityLevel: 'low' },
      fact: 'threatLevel',
      yes: ['secured', 'low'],
      no: ['medium', 'high'],
    },
  ],
}

describe.each(['windows', 'macOS'] as const)('a compliance policy for %s', (platform) => {
  const compliant = (members: Members, facts: readonly ReturnType<typeof reported>[]) =>
    assess([policyOf(platform, members)], { at: now, platform, groups: [], facts }).compliant

  describe.each(cases[platform])('with $members', ({ members, fact, yes, no, unknown = [] }) => {
    it.each(yes)('is satisfied by %j', (value) =>
      expect(compliant(members, [reported(fact, value)])).toBe('yes'),
    )

    it.each([...no, null])('fails by %j', (value) =>
      expect(compliant(members, [reported(fact, value)])).toBe('no'),
    )

    it.each(unknown)('is unknown by %j', (value) =>
      expect(compliant(members, [reported(fact, value)])).toBe('unknown'),
    )

    it('is unknown where a source is silent, and where there is none', () => {
      const [good = null] = yes
      expect(compliant(members, [reported(fact, good), reported(fact, undefined)])).toBe('unknown')
      expect(compliant(members, [])).toBe('unknown')
    })

    it('fails where one source of two says so', () => {
      const [good = null] = yes
      const reports = [reported(fact, good), reported(fact, null), reported(fact, undefined)]
      expect(compliant(members, reports)).toBe('no')
    })

    it('goes by its name, and tells people what is wanted and what to do', () => {
      const words = expect.stringMatching(/^[a-zM].*\w$/) as string
      const [setting] = policyOf(platform, members).settings
      expect(setting).toMatchObject({ name: Object.keys(members).at(-1), wanted: words, deed: words })
    })
  })
})

describe('an age', () => {
  const policy = policyOf('windows', { signatureOutOfDate: true })
  const day = 86_400

  it.each([
    [6, now - day, 'yes'],
    [6, now - day - 1, 'no'],
    [0, now - 8 * day, 'no'],
    [0, undefined, 'unknown'],
    [8, undefined, 'no'],
    // Nothing gets younger by a clock that is ahead.
    [7, now + day, 'yes'],
    [8, now + 30 * day, 'no'],
  ] as const)('of %j days, told at %j, is %s', (value, at, expected) => {
    const facts = [reported('antivirusSignatureAgeDays', value, { at })]
    expect(assess([policy], { at: now, platform: 'windows', groups: [], facts }).compliant).toBe(expected)
  })
})

describe.each([
  ['windows', windowsSettings],
  ['macOS', macOSSettings],
] as const)('the settings of %s', (platform, settings) => {
  const tabled = cases[platform].flatMap(({ members }) => Object.keys(members))
  const others = Object.keys(settings).filter((name) => !tabled.includes(name))

  it('are in the table above, or are rejected where they are set', () => {
    expect(others.length).toBeGreaterThanOrEqual(10)
    for (const name of others)
      for (const value of [true, 1, 'set', [{}]])
        expect(parsedPolicies(policyDocument(platform, { passwordRequired: true, [name]: value }))).toEqual({
          policies: [],
          documents: [],
          rejections: [expect.stringMatching(`^${name}: is not supported: `)],
        })
  })
})
