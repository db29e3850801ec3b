import { describe, expect, it } from 'vitest'
import { agreedDevice } from '../../../lib/policy/agreedDevice.ts'
import type { Signal } from '../../../lib/policy/signals/signal.ts'
import type { DeviceAttributes } from '../../../lib/policy/signals/signals.ts'

type Device = Signal<DeviceAttributes>

const cases: readonly (readonly [what: string, token: Device, directory: Device, agreed: Device])[] = [
  ['what either tells alone', { model: 'x' }, { trustType: 'AzureAD' }, { model: 'x', trustType: 'AzureAD' }],
  ['what both tell', { model: 'x' }, { model: 'x' }, { model: 'x' }],
  ['what both tell in another case', { model: 'x' }, { model: 'X' }, { model: 'x' }],
  [
    'a trust by two of its names',
    { trustType: 'AzureAD' },
    { trustType: 'Azure AD joined' },
    { trustType: 'AzureAD' },
  ],
  [
    'a list in another order',
    { physicalIds: ['a', 'b'] },
    { physicalIds: ['B', 'a'] },
    { physicalIds: ['a', 'b'] },
  ],
  [
    'nothing of what they disagree on',
    { model: 'x', isCompliant: true },
    { model: 'y', isCompliant: true },
    { isCompliant: true },
  ],
  ['nothing of another list', { physicalIds: ['a'] }, { physicalIds: ['a', 'b'] }, {}],
  ['nothing where types differ', { isCompliant: 'true' }, { isCompliant: true }, {}],
  ['nothing where one says that there is none', { model: null }, { model: 'x' }, {}],
  ['that there is none, where both say so', { model: null }, { model: null }, { model: null }],
  ['nothing where the token could tell and does not', { model: undefined }, { model: 'x' }, {}],
  ['nothing where the directory could tell and does not', { model: 'x' }, { model: undefined }, {}],
  ['nothing where the directory is silent', { model: 'x' }, undefined, undefined],
  ['nothing where the token is silent', undefined, { model: 'x' }, undefined],
  ['nothing where only the directory has no record', { model: 'x' }, null, undefined],
  ['nothing where only the token has no record', null, { model: 'x' }, undefined],
  ['no record where neither has one', null, null, null],
]

describe('agreedDevice()', () => {
  it.each(cases)('tells %s', (_, token, attributes, agreed) => {
    expect(agreedDevice(token, { attributes, proofs: {} })).toEqual(agreed)
  })

  it('is that of the token where no directory is asked', () => {
    expect(agreedDevice({ model: 'x' }, undefined)).toEqual({ model: 'x' })
    expect(agreedDevice(null, undefined)).toBeNull()
  })
})
