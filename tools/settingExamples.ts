import type { CompliancePlatform } from '../lib/compliance/model/compliancePolicy.ts'
import type { FactValue } from '../lib/policy/signals/factKinds.ts'

/** What a source may say of the fact of a setting. */
export interface Told {
  readonly value: FactValue | null | undefined
  /** For ages: how long ago it was so; `unknown` where the source does not say. */
  readonly told?: 'a day ago' | 'unknown'
}

/** A setting of a policy, and what sources may say. */
export interface SettingExample {
  readonly name: string
  readonly value: unknown
  /** Members that Graph wants beside it. */
  readonly beside?: Readonly<Record<string, unknown>>
  readonly said: readonly Told[]
}

const said = (...values: readonly FactValue[]): readonly Told[] => values.map((value) => ({ value }))

const switches = (...names: readonly string[]): readonly SettingExample[] =>
  names.map((name) => ({ name, value: true, said: said(true, false) }))

const length: SettingExample = { name: 'passwordMinimumLength', value: 12, said: said(12, 16, 11) }

const threat: SettingExample = {
  name: 'deviceThreatProtectionRequiredSecurityLevel',
  value: 'low',
  beside: { deviceThreatProtectionEnabled: true },
  said: said('secured', 'low', 'medium', 'high'),
}

const ranges = [
  { lowestVersion: '10.0.22631.4460', highestVersion: '10.0.22631.9999' },
  { lowestVersion: '10.0.26100.2314', highestVersion: '10.0.26100.9999' },
]

/** One example at least of each setting that is supported. */
export const settingExamples: Readonly<Record<CompliancePlatform, readonly SettingExample[]>> = {
  windows: [
    ...switches('passwordRequired'),
    length,
    {
      name: 'osMinimumVersion',
      value: '10.0.22631.2861',
      said: said(
        '10.0.22631.2861',
        '10.0.22631.4460',
        '10.0.26100',
        '10.0.22631.900',
        '10.0.19045',
        '10.0.22631',
      ),
    },
    {
      name: 'osMaximumVersion',
      value: '10.0.26100.9999',
      said: said('10.0.26100.9999', '10.0.22631', '10.0.27000.1', '10.0.26100'),
    },
    {
      name: 'validOperatingSystemBuildRanges',
      value: ranges,
      said: said('10.0.22631.4460', '10.0.26100.2454', '10.0.22631.4317', '10.0.26200.1', '10.0.26100'),
    },
    ...switches(
      'requireHealthyDeviceReport',
      'secureBootEnabled',
      'codeIntegrityEnabled',
      'bitLockerEnabled',
      'storageRequireEncryption',
      'tpmRequired',
      'activeFirewallRequired',
      'antivirusRequired',
      'antiSpywareRequired',
      'defenderEnabled',
      'rtpEnabled',
    ),
    {
      name: 'signatureOutOfDate',
      value: true,
      said: [
        ...said(0, 7),
        { value: 6, told: 'a day ago' },
        { value: 7, told: 'a day ago' },
        ...said(8),
        { value: 8, told: 'unknown' },
        { value: 3, told: 'unknown' },
      ],
    },
    threat,
  ],
  macOS: [
    ...switches('passwordRequired'),
    length,
    { name: 'osMinimumVersion', value: '14.6', said: said('14.6', '14.6.1', '15', '14.5', '9.6', '14') },
    { name: 'osMaximumVersion', value: '15.1', said: said('15.1', '14.6', '15.1.1', '15.2', '15') },
    {
      name: 'osMinimumBuildVersion',
      value: '23G80',
      said: said('23G80', '23G93', '24A335', '23F79', '22H625', '23G2080', '24A5264n'),
    },
    { name: 'osMaximumBuildVersion', value: '24A335', said: said('24A335', '23G93', '24B83', '24A5264n') },
    ...switches('systemIntegrityProtectionEnabled', 'storageRequireEncryption', 'firewallEnabled'),
    threat,
    {
      name: 'advancedThreatProtectionRequiredSecurityLevel',
      value: 'secured',
      said: said('secured', 'low', 'high'),
    },
  ],
}
