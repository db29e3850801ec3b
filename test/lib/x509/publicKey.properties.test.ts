import { createPublicKey } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Refusal } from '../../../lib/errors/refusal.ts'
import { DerError } from '../../../lib/x509/derReader.ts'
import { parsePublicKey, type PublicKey } from '../../../lib/x509/publicKey.ts'
import { fuzzRuns } from '../../fuzzRuns.ts'
import { anyDer, anyOctets } from './fixtures/arbitraries.ts'
import { corpusKeys } from './fixtures/corpus.ts'
import { ecSpki, ed25519Spki, rsaSpki } from './fixtures/csr.ts'
import { derMutationsOf } from './fixtures/mutations.ts'
import { hex } from './fixtures/octets.ts'

const valid = Object.values(corpusKeys).map((key) =>
  Uint8Array.from(createPublicKey(key).export({ format: 'der', type: 'spki' })),
)

/** The key, or undefined where it is refused; anything thrown but Refusal and DerError goes through. */
const parsed = (spki: Uint8Array): PublicKey | undefined => {
  try {
    return parsePublicKey(spki)
  } catch (error) {
    if (error instanceof Refusal || error instanceof DerError) return undefined
    throw error
  }
}

/** Writes a key anew from the members that were read. */
const rewrite = ({ shape }: PublicKey): Uint8Array => {
  switch (shape.kind) {
    case 'ec': {
      const curve = shape.curve === 'P-256' ? '1.2.840.10045.3.1.7' : '1.3.132.0.34'
      return ecSpki(curve, Buffer.concat([Uint8Array.of(4), shape.x, shape.y]))
    }
    case 'rsa':
      return rsaSpki(shape.modulus, shape.exponent)
    case 'ed25519':
      return ed25519Spki(shape.point)
  }
}

describe('parsePublicKey()', () => {
  it('throws only Refusal or DerError, whatever the octets', () => {
    fc.assert(
      fc.property(fc.oneof(anyOctets(120), anyDer), (bytes) => {
        expect(parsed(bytes)).toBeUndefined()
      }),
      { numRuns: fuzzRuns(500) },
    )
  })

  it('refuses mutated keys, or takes them apart so that the same octets are written again', () => {
    const kinds = new Set<string>()
    fc.assert(
      fc.property(derMutationsOf(valid), (spki) => {
        const key = parsed(spki)
        if (!key) return void kinds.add('refused')
        kinds.add(key.shape.kind)
        expect(hex(rewrite(key))).toBe(hex(spki))
        expect(hex(key.keyObject.export({ format: 'der', type: 'spki' }))).toBe(hex(spki))
      }),
      { numRuns: fuzzRuns(2500), examples: valid.map((spki): [Uint8Array] => [spki]) },
    )
    expect([...kinds].sort()).toEqual(['ec', 'ed25519', 'refused', 'rsa'])
  })

  it('refuses points and numbers that are of the right size and otherwise anything', () => {
    const point = fc
      .uint8Array({ minLength: 64, maxLength: 64 })
      .map((xy) => ecSpki('1.2.840.10045.3.1.7', Buffer.concat([Uint8Array.of(4), xy])))
    const modulus = fc
      .uint8Array({ minLength: 200, maxLength: 600 })
      .map((magnitude) => rsaSpki(magnitude, Uint8Array.of(1, 0, 1)))
    fc.assert(
      fc.property(fc.oneof(point, modulus), (spki) => {
        const { shape } = parsed(spki) ?? {}
        if (!shape) return
        expect(shape.kind).toBe('rsa')
        if (shape.kind === 'rsa') expect(shape.modulus.length).toBeLessThanOrEqual(512)
      }),
      { numRuns: fuzzRuns(300) },
    )
  })
})
