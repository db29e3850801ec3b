import { generateKeyPairSync, sign, verify } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DerError } from '../../../lib/x509/derReader.ts'
import { encodeElement, encodeSequence } from '../../../lib/x509/encodeElement.ts'
import { derTag } from '../../../lib/x509/derTag.ts'
import { derEcdsaSignature, rawEcdsaSignature } from '../../../lib/x509/derEcdsaSignature.ts'
import { hex, octets } from './fixtures/octets.ts'

const curves = [
  ['P-256', 32, 'sha256'],
  ['P-384', 48, 'sha384'],
  ['P-521', 66, 'sha512'],
] as const

/** An INTEGER of this magnitude, as DER writes it. */
const integer = (magnitude: Uint8Array): Uint8Array => {
  const first = magnitude.findIndex((octet) => octet !== 0)
  const minimal = first === -1 ? Uint8Array.of(0) : magnitude.subarray(first)
  return encodeElement(derTag.integer, (minimal[0] ?? 0) < 0x80 ? minimal : Uint8Array.of(0, ...minimal))
}

const magnitudes = (width: number) => {
  const leadingZeros = fc.nat({ max: width })
  return fc
    .tuple(fc.uint8Array({ minLength: width, maxLength: width }), leadingZeros)
    .map(([random, zeros]) => random.fill(0, 0, zeros))
}

describe.each(curves)('rawEcdsaSignature() of %s', (namedCurve, width, digest) => {
  it('is what node:crypto verifies as ieee-p1363', () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve })
    for (let count = 0; count < 20; count++) {
      const data = Buffer.from(String(count))
      const raw = rawEcdsaSignature(sign(digest, data, privateKey), width)
      expect(raw).toHaveLength(2 * width)
      expect(verify(digest, data, { key: publicKey, dsaEncoding: 'ieee-p1363' }, raw)).toBe(true)
    }
  })

  it('pads every r and s to its width', () => {
    fc.assert(
      fc.property(magnitudes(width), magnitudes(width), (r, s) => {
        const raw = rawEcdsaSignature(encodeSequence(integer(r), integer(s)), width)
        expect(hex(raw)).toBe(hex(r) + hex(s))
      }),
    )
  })

  it('refuses an r or s that is wider', () => {
    const wide = integer(new Uint8Array(width + 1).fill(1))
    const good = integer(Uint8Array.of(1))
    for (const members of [
      [wide, good],
      [good, wide],
    ])
      expect(() => rawEcdsaSignature(encodeSequence(...members), width)).toThrow(DerError)
  })

  it('throws nothing but DerError on random octets', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), (random) => {
        try {
          expect(rawEcdsaSignature(random, width)).toHaveLength(2 * width)
        } catch (error) {
          expect(error).toBeInstanceOf(DerError)
        }
      }),
    )
  })
})

describe('rawEcdsaSignature() refuses', () => {
  it.each([
    ['nothing', ''],
    ['a negative r', '30 06 02 01 80 02 01 01'],
    ['a negative s', '30 06 02 01 01 02 01 ff'],
    ['an r that is not minimal', '30 07 02 02 00 01 02 01 01'],
    ['one number', '30 03 02 01 01'],
    ['three numbers', '30 09 02 01 01 02 01 01 02 01 01'],
    ['an octet after it', '30 06 02 01 01 02 01 01 00'],
    ['an indefinite length', '30 80 02 01 01 02 01 01 00 00'],
    ['another type', '31 06 02 01 01 02 01 01'],
    ['the 64 octets that it makes', '01'.repeat(64)],
  ])('%s', (_, der) => {
    expect(() => rawEcdsaSignature(octets(der), 32)).toThrow(DerError)
  })
})

describe('derEcdsaSignature()', () => {
  const raw = (r: string, s: string) => {
    const digits = Math.max(64, r.length, s.length)
    return octets(r.padStart(digits, '0') + s.padStart(digits, '0'))
  }

  it.each([
    ['small ones', '1', '7f', '300602010102017f'],
    ['a first bit that is set', '80', 'ff', '300802020080020200ff'],
    ['leading zeroes', '00ff', '0100', '3008020200ff02020100'],
    ['zero', '0', '0', '3006020100020100'],
    [
      'the longest',
      'f'.repeat(64),
      '7' + 'f'.repeat(63),
      `3045022100${'f'.repeat(64)}02207${'f'.repeat(63)}`,
    ],
    ['a long length', 'ff'.repeat(66), 'ff'.repeat(66), `30818a${`024300${'ff'.repeat(66)}`.repeat(2)}`],
  ])('encodes integers minimally: %s', (_what, r, s, expected) => {
    expect(hex(derEcdsaSignature(raw(r, s)))).toBe(expected)
  })

  it.each(curves)('is read back to the same octets, whatever they are: %s', (_, width) => {
    fc.assert(
      fc.property(magnitudes(width), magnitudes(width), (r, s) => {
        const signature = Buffer.concat([r, s])
        expect(hex(rawEcdsaSignature(derEcdsaSignature(signature), width))).toBe(hex(signature))
      }),
    )
  })

  it.each(curves)('makes of a JWS signature by %s one that X.509 verifiers take', (namedCurve, _, digest) => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve })
    const text = Buffer.from('text')
    for (let round = 0; round < 50; round++) {
      const jws = sign(digest, text, { key: privateKey, dsaEncoding: 'ieee-p1363' })
      expect(verify(digest, text, publicKey, derEcdsaSignature(jws))).toBe(true)
    }
  })
})
