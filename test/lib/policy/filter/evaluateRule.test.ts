import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { evaluateRule } from '../../../../lib/policy/filter/evaluateRule.ts'
import { parseRule } from '../../../../lib/policy/filter/parseRule.ts'
import { printRule } from '../../../../lib/policy/filter/rule.ts'
import type { Signal } from '../../../../lib/policy/signals/signal.ts'
import type { DeviceAttributes } from '../../../../lib/policy/signals/signals.ts'

const laptop: DeviceAttributes = {
  deviceId: '498c4de7-1aee-4ded-8d5d-000000000000',
  displayName: 'LAPTOP-042',
  deviceOwnership: 'Company',
  enrollmentProfileName: 'Autopilot Berlin',
  isCompliant: true,
  manufacturer: 'Microsoft Corporation',
  mdmAppId: '0000000a-0000-0000-c000-000000000000',
  model: 'Surface "Pro" 9',
  operatingSystem: 'Windows',
  operatingSystemVersion: '10.0.22631.3447',
  physicalIds: ['[ZTDId]:abc', '[OrderID]:179887111881'],
  profileType: 'RegisteredDevice',
  systemLabels: ['M365Managed', 'MultiUser'],
  trustType: 'ServerAD',
  extensionAttribute1: 'SAW',
  extensionAttribute2: "it's",
  extensionAttribute3: '',
  extensionAttribute4: 'a`b\\c',
  ...Object.fromEntries(
    Array.from({ length: 11 }, (_, n) => [`extensionAttribute${n + 5}`, `value ${n + 5}`]),
  ),
}

/** Leaves most of it unknown. */
const phone: DeviceAttributes = {
  displayName: "Ada's phone",
  isCompliant: false,
  model: null,
  operatingSystem: 'iOS',
  systemLabels: [],
  trustType: 'Azure AD registered',
  extensionAttribute1: null,
}

const cases = readFileSync(new URL('rules.txt', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => /^[TF?]{3} {2}/.test(line))
  .map((line) => [line.slice(5), line.slice(0, 3)] as const)

const letters = (rule: string, ...devices: readonly Signal<DeviceAttributes>[]) =>
  devices
    .map((device) => evaluateRule(parseRule(rule), device))
    .map((truth) => (truth === undefined ? '?' : truth ? 'T' : 'F'))
    .join('')

describe('evaluateRule()', () => {
  it('has its cases', () => expect(cases).toHaveLength(232))

  it.each(cases)('%s: %s', (rule, expected) => {
    expect(letters(rule, laptop, phone, null)).toBe(expected)
    expect(letters(rule, undefined, {})).toBe('??')
    expect(letters(printRule(parseRule(rule)), laptop, phone, null)).toBe(expected)
  })

  it.each([
    ['device.isCompliant -eq True', { isCompliant: 'true' }],
    ['device.model -ne "x"', { model: true }],
    ['device.model -ne "x"', { model: ['x'] }],
    ['device.physicalIds -notContains "x"', { physicalIds: 'x' }],
    ['device.trustType -ne "ServerAD"', { trustType: 'server' }],
  ] as const)('takes a value that %s cannot be compared with as unknown: %j', (rule, device) => {
    expect(letters(rule, device)).toBe('?')
  })
})
