import { describe, expect, it } from 'vitest'
import { builtInStrengths } from '../../../../lib/policy/model/strengthSchema.ts'
import { livePolicy as live, parsedPolicies as parsed, changedPolicy } from './changedPolicy.ts'

const key = 'bbbbbbbb-0000-4000-8000-000000000001'
const require = (operator: string, ...controls: readonly unknown[]) => ({
  kind: 'require',
  operator,
  controls,
})
const unprovable = (name: string) => ({ kind: 'unprovable', name })
const phishingResistant = '00000000-0000-0000-0000-000000000004'
const own = {
  id: key,
  displayName: 'Keys',
  policyType: 'custom',
  allowedCombinations: ['fido2', 'password, sms'],
}

describe('grant controls', () => {
  it.each<readonly [controls: object, grant: object]>([
    [{ builtInControls: ['block'] }, { kind: 'block' }],
    [{ builtInControls: ['mfa'] }, require('OR', { kind: 'mfa' })],
    [
      { operator: 'AND', builtInControls: ['mfa', 'domainJoinedDevice'] },
      require('AND', { kind: 'mfa' }, { kind: 'domainJoinedDevice' }),
    ],
    [
      {
        operator: 'OR',
        builtInControls: ['compliantApplication', 'mfa'],
        termsOfUse: ['t'],
        customAuthenticationFactors: ['f'],
      },
      require('OR', unprovable('compliantApplication'), { kind: 'mfa' }, unprovable(
        'custom factor f',
      ), unprovable('terms of use t')),
    ],
    [
      { authenticationStrength: { id: phishingResistant } },
      require('OR', { kind: 'strength', strength: builtInStrengths[2] }),
    ],
    [
      { operator: 'OR', builtInControls: ['compliantDevice'], authenticationStrength: own },
      require('OR', { kind: 'compliantDevice' }, {
        kind: 'strength',
        strength: { id: key, displayName: 'Keys', allowedCombinations: ['fido2', 'password,sms'] },
      }),
    ],
  ])('are read of %j', (grantControls, grant) => expect(live({ grantControls }).grant).toEqual(grant))

  it.each<readonly [controls: object, name: string]>([
    ...['approvedApplication', 'compliantApplication', 'passwordChange', 'riskRemediation'].map(
      (name) => [{ builtInControls: [name] }, name] as const,
    ),
    [{ termsOfUse: ['t'] }, 'terms of use t'],
    [{ customAuthenticationFactors: ['f'] }, 'custom factor f'],
    [{ operator: 'AND', builtInControls: ['mfa', 'passwordChange'] }, 'passwordChange'],
    [{ operator: 'OR', builtInControls: ['approvedApplication'], termsOfUse: ['t'] }, 'approvedApplication'],
  ])('that nothing here can prove are rejected, or kept as never satisfied: %j', (grantControls, name) => {
    expect(parsed(changedPolicy({ grantControls })).rejections).toEqual([
      `grantControls: nothing here can prove ${name}; with --deny-unprovable the policy is kept as never satisfied`,
    ])
    expect(live({ grantControls }, { denyUnprovable: true }).grant).toMatchObject({
      controls: expect.arrayContaining([unprovable(name)]) as unknown,
    })
  })
})
