import { describe, expect, it } from 'vitest'
import { contextsOf, proofsOf } from '../../../lib/tenant/proofs.ts'

const claim = { claim: 'device_compliant', equals: true } as const
const context = { context: 'c1', entraPolicy: 'CA014' } as const
const ofOld = {
  complianceProofs: [
    { kind: 'claim', ...claim },
    { kind: 'authenticationContext', ...context },
  ],
} as const

describe('proofsOf()', () => {
  it('reads a document of old as one mapping of which any source is enough', () => {
    expect(proofsOf(ofOld)).toEqual([
      {
        control: 'compliantDevice',
        anyOf: [
          { by: 'claim', ...claim },
          { by: 'authenticationContext', ...context },
        ],
      },
    ])
  })

  it('keeps entries of one control apart, which must hold together, and the sources of an anyOf together', () => {
    const sources = [
      { by: 'acr', values: ['phr'] },
      { by: 'amr', contains: ['hwk', 'user'] },
    ] as const
    const proofs = [
      { control: 'mfa', by: 'amr', contains: ['mfa'] },
      { control: 'mfa', by: 'claim', ...claim },
      { control: 'combination fido2', by: 'anyOf', sources: [...sources] },
    ] as const
    expect(proofsOf({ proofs: structuredClone([...proofs]) as never })).toEqual([
      { control: 'mfa', anyOf: [{ by: 'amr', contains: ['mfa'] }] },
      { control: 'mfa', anyOf: [{ by: 'claim', ...claim }] },
      { control: 'combination fido2', anyOf: sources },
    ])
  })
})

describe('contextsOf()', () => {
  it('lists the contexts wherever they prove something', () => {
    const proofs = [
      { control: 'mfa' as const, by: 'authenticationContext' as const, ...context, context: 'c2' },
    ]
    expect(contextsOf({ ...ofOld, proofs })).toMatchObject([
      { control: 'compliantDevice', context: 'c1' },
      { control: 'mfa', context: 'c2' },
    ])
  })
})
