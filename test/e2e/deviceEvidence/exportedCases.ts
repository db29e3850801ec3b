import { testUser } from '../../tokens.ts'
import type { Members } from '../../tenants.ts'

/** Groups that the exported policies are assigned to. */
const group = (number: number) => `bbbbbbbb-0000-4000-8000-0000000000${number}`
const [tested, contractors, excluded] = [group(21), group(22), group(24)]

/** Facts by their names, as the posture issuer of the tenant tells them. */
const windows: Members = {
  platform: 'windows',
  osVersion: '10.0.22631.4602',
  systemDriveEncrypted: true,
  secureBoot: true,
  codeIntegrity: true,
  firewallEnabled: true,
  defenderEnabled: true,
  antivirusEnabled: true,
  antivirusRealTime: true,
  antivirusSignatureAgeDays: 1,
  antispywareEnabled: true,
  tpmPresent: true,
}

const macOS: Members = {
  platform: 'macOS',
  osVersion: '14.7.1',
  osBuild: '23H222',
  systemDriveEncrypted: true,
  firewallEnabled: true,
  systemIntegrityProtection: true,
  passwordRequired: true,
  passwordMinimumCharacters: 10,
  threatLevel: 'low',
}

const ofContractors: Members = { passwordRequired: true, passwordMinimumCharacters: 12, threatLevel: 'low' }

/** A device of somebody in some groups, and the settings that it fails: stated before it was ever asked for. */
export interface ExportedCase {
  readonly who: string
  readonly facts: Members
  /** Undefined: nobody tells them. */
  readonly groups: readonly string[] | undefined
  /** Changes of the claims of the compliance token, which says "compliant" otherwise. */
  readonly claims?: Members
  /** Empty where there is a certificate, or where no setting is what lacks. */
  readonly fails: readonly string[]
  readonly isRefused?: boolean
}

const rows: readonly (readonly [
  string,
  Members,
  readonly string[] | undefined,
  readonly string[],
  Partial<ExportedCase>?,
])[] = [
  ['an employee at a healthy laptop', windows, [], []],
  ['one without the firewall', { ...windows, firewallEnabled: false }, [], ['activeFirewallRequired']],
  [
    'one whose laptop says nothing of the firewall',
    { ...windows, firewallEnabled: undefined },
    [],
    ['activeFirewallRequired'],
  ],
  [
    'one without encryption',
    { ...windows, systemDriveEncrypted: false },
    [],
    ['bitLockerEnabled', 'storageRequireEncryption'],
  ],
  ['one with old signatures', { ...windows, antivirusSignatureAgeDays: 30 }, [], ['signatureOutOfDate']],
  [
    'one on an old build',
    { ...windows, osVersion: '10.0.22631.3880' },
    [],
    ['validOperatingSystemBuildRanges'],
  ],
  [
    'one on an older system',
    { ...windows, osVersion: '10.0.18363.1' },
    [],
    ['osMinimumVersion', 'validOperatingSystemBuildRanges'],
  ],
  [
    'one on a build too new',
    { ...windows, osVersion: '10.0.27000.1' },
    [],
    ['osMaximumVersion', 'validOperatingSystemBuildRanges'],
  ],
  [
    'one whose version is too short to tell',
    { ...windows, osVersion: '10.0' },
    [],
    ['osMinimumVersion', 'osMaximumVersion', 'validOperatingSystemBuildRanges'],
  ],
  ['a tester whose start nobody attested', windows, [tested], ['requireHealthyDeviceReport']],
  ['a tester whose start was attested', { ...windows, attestationValidated: true }, [tested], []],
  ['a tester of the excluded group', { ...windows, osVersion: '10.0.22631.3880' }, [tested, excluded], []],
  [
    'a contractor without a password',
    { ...windows, ...ofContractors, passwordRequired: false },
    [contractors],
    ['passwordRequired'],
  ],
  [
    'a contractor with a short password',
    { ...windows, ...ofContractors, passwordMinimumCharacters: 8 },
    [contractors],
    ['passwordMinimumLength'],
  ],
  [
    'a contractor with a threat',
    { ...windows, ...ofContractors, threatLevel: 'medium' },
    [contractors],
    ['deviceThreatProtectionRequiredSecurityLevel'],
  ],
  ['a contractor', { ...windows, ...ofContractors }, [contractors], []],
  [
    'one whose groups nobody tells',
    windows,
    undefined,
    [
      'requireHealthyDeviceReport',
      'passwordRequired',
      'passwordMinimumLength',
      'deviceThreatProtectionRequiredSecurityLevel',
    ],
  ],
  [
    'one whose groups do not matter',
    { ...windows, ...ofContractors, attestationValidated: true },
    undefined,
    [],
  ],
  ['an employee at a healthy Mac', macOS, [], []],
  [
    'one at a Mac without system integrity protection',
    { ...macOS, systemIntegrityProtection: false },
    [],
    ['systemIntegrityProtectionEnabled'],
  ],
  ['one at a Mac of an old build', { ...macOS, osBuild: '23F79' }, [], ['osMinimumBuildVersion']],
  ['one at a Linux machine, which no policy is for', { platform: 'linux' }, [], [], { isRefused: true }],
  ['one whose platform nobody tells', { ...windows, platform: undefined }, [], [], { isRefused: true }],
  ['one whose token says no', windows, [], [], { isRefused: true, claims: { device_compliant: false } }],
  [
    'one whose token says nothing',
    windows,
    [],
    [],
    { isRefused: true, claims: { device_compliant: undefined } },
  ],
]

/** All of them. */
export const exportedCases: readonly ExportedCase[] = rows.map(([who, facts, groups, fails, more]) => ({
  who,
  facts,
  groups,
  fails,
  isRefused: fails.length > 0,
  ...more,
}))

/** The claims of the posture token of a case. */
export const postureOf = ({ facts }: ExportedCase): Members => ({
  device: { id: testUser.deviceId },
  facts,
})
