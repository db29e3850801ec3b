import { describe, expect, it } from 'vitest'
import { defaultPolicy } from '../../../../lib/policy/model/defaultPolicy.ts'
import type { NamedLocation } from '../../../../lib/policy/model/policy.ts'
import { locationsNamed, signalsNeeded } from '../../../../lib/policy/model/signalsNeeded.ts'
import type { Members } from '../../../tenants.ts'
import { livePolicy as live } from './changedPolicy.ts'

const locations: readonly NamedLocation[] = [
  { kind: 'networks', id: 'office', displayName: 'Office', isTrusted: true, ranges: ['192.0.2.0/24'] },
  { kind: 'countries', id: 'europe', displayName: 'Europe', countries: ['DE'], includesUnknown: false },
]

/** Prints what a policy needs, a line each. */
const needs = (changes: Members) =>
  signalsNeeded(live(changes, { denyUnprovable: true }), locations).map((need) => {
    if ('signal' in need) return `${need.path}: ${need.signal}`
    return `${need.path}: ${need.controls.map(({ kind }) => kind).join(' or ')}`
  })

const compliant = 'grantControls: compliantDevice'
const guests = {
  guestOrExternalUserTypes: 'internalGuest',
  externalTenants: { membershipKind: 'enumerated', members: ['x'] },
}

describe('signalsNeeded()', () => {
  it.each([
    [{}, compliant],
    [{ grantControls: { builtInControls: ['block'] } }],
    [
      {
        'conditions.users': {
          includeUsers: ['All', 'ada'],
          includeGroups: ['g'],
          excludeUsers: ['ada'],
          excludeRoles: ['r'],
        },
      },
      'conditions.users.excludeUsers: user',
      'conditions.users.excludeRoles: roles',
      compliant,
    ],
    [
      {
        'conditions.users': {
          includeUsers: ['GuestsOrExternalUsers', 'ada'],
          includeGroups: ['g'],
          excludeGuestsOrExternalUsers: guests,
        },
      },
      'conditions.users.includeUsers: user',
      'conditions.users.includeUsers: guest',
      'conditions.users.includeGroups: groups',
      'conditions.users.excludeGuestsOrExternalUsers: guest.type',
      'conditions.users.excludeGuestsOrExternalUsers: guest.homeTenant',
      compliant,
    ],
    [
      { 'conditions.locations': { includeLocations: ['All'], excludeLocations: ['AllTrusted'] } },
      'conditions.locations.excludeLocations: clientIp',
      compliant,
    ],
    [
      { 'conditions.locations': { includeLocations: ['europe', 'office'], excludeLocations: ['europe'] } },
      'conditions.locations.includeLocations: clientIp',
      'conditions.locations.includeLocations: country',
      'conditions.locations.excludeLocations: country',
      compliant,
    ],
    [{ 'conditions.locations': { includeLocations: ['All', 'europe'] } }, compliant],
    [{ 'conditions.platforms': { includePlatforms: ['all'] } }, compliant],
    [
      {
        'conditions.platforms': { includePlatforms: ['windows'] },
        'conditions.devices': {
          deviceFilter: {
            mode: 'include',
            rule: '-not (device.model -eq "x" -or device.model -eq "y") -and device.deviceId -ne "z"',
          },
        },
      },
      'conditions.devices.deviceFilter.rule: device.model',
      'conditions.devices.deviceFilter.rule: device.deviceId',
      'conditions.platforms: platform',
      compliant,
    ],
    [
      {
        'conditions.signInRiskLevels': ['high'],
        'conditions.userRiskLevels': ['high'],
        'conditions.insiderRiskLevels': 'minor',
        'conditions.authenticationFlows': { transferMethods: 'deviceCodeFlow' },
      },
      'conditions.signInRiskLevels: signInRisk',
      'conditions.userRiskLevels: userRisk',
      'conditions.insiderRiskLevels: insiderRisk',
      'conditions.authenticationFlows.transferMethods: transferMethod',
      compliant,
    ],
    [
      { grantControls: { operator: 'AND', builtInControls: ['mfa', 'compliantDevice'], termsOfUse: ['t'] } },
      'grantControls: mfa',
      compliant,
    ],
    [
      {
        grantControls: {
          operator: 'OR',
          builtInControls: ['mfa', 'passwordChange'],
          authenticationStrength: { id: '00000000-0000-0000-0000-000000000002' },
        },
      },
      'grantControls: mfa or strength',
    ],
    [{ grantControls: { builtInControls: ['passwordChange'] } }],
    [
      { 'sessionControls.signInFrequency': { type: 'days', value: 1 } },
      compliant,
      'sessionControls.signInFrequency: authTime',
    ],
  ])('of %j', (changes, ...needed) => expect(needs(changes as Members)).toEqual(needed))

  it('asks for the proof of a compliant device where there are no policies', () => {
    expect(signalsNeeded(defaultPolicy, [])).toEqual([
      { path: 'grantControls', controls: [{ kind: 'compliantDevice' }] },
    ])
  })
})

describe('locationsNamed()', () => {
  it('names each named location once', () => {
    const includeLocations = ['All', 'europe', 'office']
    const excludeLocations = ['office', 'AllTrusted', 'nowhere']
    expect(locationsNamed(live({ 'conditions.locations': { includeLocations, excludeLocations } }))).toEqual([
      'europe',
      'office',
      'nowhere',
    ])
    expect(locationsNamed(defaultPolicy)).toEqual([])
  })
})
