import { describe, expect, it } from 'vitest'
import { livePolicy as live } from './changedPolicy.ts'

describe('session controls', () => {
  const fresh = (changes: object) => ({
    grantControls: null,
    sessionControls: { signInFrequency: { isEnabled: true, frequencyInterval: 'timeBased', ...changes } },
  })

  it.each<readonly [changes: object, frequency: object | undefined]>([
    [
      { value: 4, type: 'hours' },
      { seconds: 14_400, everyTime: false },
    ],
    [
      { value: 2, type: 'days', frequencyInterval: null, isEnabled: null },
      { seconds: 172_800, everyTime: false },
    ],
    [
      {
        frequencyInterval: 'everyTime',
        authenticationType: 'primaryAndSecondaryAuthentication',
        value: null,
      },
      { seconds: 300, everyTime: true },
    ],
    [{ isEnabled: false, authenticationType: 'secondaryAuthentication' }, undefined],
  ])('%j ask for a sign-in of %j', (changes, frequency) => {
    expect(live(fresh(changes))).toMatchObject({ grant: { kind: 'nothing' }, signInFrequency: frequency })
  })

  it('that mean nothing for a certificate are named, where they are set', () => {
    const { meaningless, signInFrequency } = live({
      sessionControls: {
        persistentBrowser: { isEnabled: true, mode: 'never' },
        cloudAppSecurity: { isEnabled: false },
        applicationEnforcedRestrictions: { isEnabled: true },
        secureSignInSession: { isEnabled: true },
        disableResilienceDefaults: false,
      },
    })
    expect(meaningless).toEqual([
      'applicationEnforcedRestrictions',
      'persistentBrowser',
      'secureSignInSession',
    ])
    expect(signInFrequency).toBeUndefined()
  })
})
