import fc from 'fast-check'
import { calculateJwkThumbprint } from 'jose'
import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { Refusal } from '../../../lib/errors/refusal.ts'
import {
  jwkThumbprint,
  keyHash,
  keyIdentifier,
  parsePublicKey,
  oidText,
} from '../../../lib/x509/publicKey.ts'
import { verifyCsr } from '../../../lib/x509/verifyCsr.ts'
import { openssl } from '../../openssl.ts'
import { ed25519Spki } from './fixtures/csr.ts'
import { encodePoint, hasSmallOrder, prime, smallOrderPoints } from './fixtures/edwards25519.ts'
import { hex, octets } from './fixtures/octets.ts'

const spkiOf = (key: KeyObject): Uint8Array => key.export({ format: 'der', type: 'spki' })
const keys: Record<string, KeyObject> = {
  'P-256': generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey,
  'P-384': generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey,
  'RSA-2048': generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey,
  'RSA-3072': generateKeyPairSync('rsa', { modulusLength: 3072 }).publicKey,
  Ed25519: generateKeyPairSync('ed25519').publicKey,
}

describe('parsePublicKey()', () => {
  it.each(Object.entries(keys))('takes a %s key apart', (_name, key) => {
    const spki = spkiOf(key)
    const parsed = parsePublicKey(spki)
    expect(hex(parsed.spki)).toBe(hex(spki))
    expect(parsed.keyObject.equals(key)).toBe(true)
  })

  it('gives the members of each kind of key', () => {
    const shapes = Object.values(keys).map((key) => parsePublicKey(spkiOf(key)).shape)
    const jwks = Object.values(keys).map((key) => key.export({ format: 'jwk' }))
    const text = (value: Uint8Array) => Buffer.from(value).toString('base64url')
    shapes.forEach((shape, index) => {
      const jwk = jwks[index]
      if (shape.kind === 'ec') {
        expect([shape.curve, text(shape.x), text(shape.y)]).toEqual([jwk?.crv, jwk?.x, jwk?.y])
      }
      if (shape.kind === 'rsa') expect([text(shape.modulus), text(shape.exponent)]).toEqual([jwk?.n, jwk?.e])
      if (shape.kind === 'ed25519') expect(text(shape.point)).toBe(jwk?.x)
    })
    expect(shapes.map(({ kind }) => kind)).toEqual(['ec', 'ec', 'rsa', 'rsa', 'ed25519'])
  })
})

describe('parsePublicKey() and the points of small order on edwards25519', () => {
  const refusesAsSmall = (point: Uint8Array): boolean => {
    try {
      parsePublicKey(ed25519Spki(point))
      return false
    } catch (error) {
      return error instanceof Refusal && error.detail.includes('small order')
    }
  }
  const ys = [...new Set(smallOrderPoints().map(({ y }) => y))]
  /** A y of 255 bits may be written with the prime added to it, where it still fits. */
  const encodings = ys.flatMap((y) => [y, y + prime]).filter((y) => y < 2n ** 255n)

  it('there are eight such points with five y coordinates, of which seven encodings fit', () => {
    expect(smallOrderPoints()).toHaveLength(8)
    expect(smallOrderPoints().every(({ y }) => hasSmallOrder(y))).toBe(true)
    expect(ys).toHaveLength(5)
    expect(encodings).toHaveLength(7)
  })

  it.each(encodings)('refuses y = %i, whatever its sign bit', (y) => {
    expect(() => parsePublicKey(ed25519Spki(encodePoint(y, 0)))).toRefuse('csr-key-refused', /small order/)
    expect(() => parsePublicKey(ed25519Spki(encodePoint(y, 1)))).toRefuse('csr-key-refused', /small order/)
  })

  it('refuses for this reason no neighbour of such a point and no y near the ends of the field', () => {
    const near = [0n, ...ys, prime, 2n ** 255n - 1n].flatMap((y) => [y - 2n, y - 1n, y, y + 1n, y + 2n])
    const valid = near.filter((y) => y >= 0n && y < 2n ** 255n)
    for (const y of valid) expect([y, refusesAsSmall(encodePoint(y, 0))]).toEqual([y, hasSmallOrder(y)])
  })

  it('refuses for this reason exactly the points that eight times are the identity', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 255n - 1n }), (y) => {
        expect(refusesAsSmall(encodePoint(y, 0))).toBe(hasSmallOrder(y))
      }),
      { numRuns: 20 },
    )
  })
})

describe('jwkThumbprint()', () => {
  it('gives the thumbprint of RFC 7638 section 3.1', () => {
    const n =
      `0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZ
      CiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0z
      gdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-k
      EgU8awapJzKnqDKgw`.replaceAll(/\s/g, '')
    const key = createPublicKey({ key: { kty: 'RSA', n, e: 'AQAB' }, format: 'jwk' })
    expect(jwkThumbprint(parsePublicKey(spkiOf(key)))).toBe('NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs')
  })

  it('gives the thumbprint of the key of RFC 8037 appendix A.3', () => {
    const x = '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo'
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
    expect(jwkThumbprint(parsePublicKey(spkiOf(key)))).toBe('kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k')
  })

  it.each(Object.entries(keys))("equals jose's thumbprint of a %s key", async (_name, key) => {
    const jwk = key.export({ format: 'jwk' })
    expect(jwkThumbprint(parsePublicKey(spkiOf(key)))).toBe(await calculateJwkThumbprint(jwk))
  })
})

describe('keyIdentifier()', () => {
  it('gives the value of method 1 in the example of RFC 7093 section 3', () => {
    const bits = octets(`04 7F7F35A79794C950060B8029FC8F363A28F11159692D9D34E6AC948190434735
      F833B1A66652DC514337AFF7F5C9C75D670C019D95A5D639B72744C64A9128BB`)
    expect(hex(keyIdentifier(bits))).toBe('bf37b3e5808fd46d54b28e846311bcce1cad2e1a')
  })

  it('is taken over the octets of the BIT STRING', () => {
    const key = keys['P-256'] ?? expect.fail()
    const { x = '', y = '' } = key.export({ format: 'jwk' })
    const point = Buffer.concat([octets('04'), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')])
    const { bits } = parsePublicKey(spkiOf(key))
    expect(hex(bits)).toBe(hex(point))
    expect(hex(keyIdentifier(bits))).toHaveLength(40)
  })
})

describe('keyHash()', () => {
  it('is what openssl gives as the SHA-256 of the SubjectPublicKeyInfo', () => {
    const spki = spkiOf(keys['P-384'] ?? expect.fail())
    expect(keyHash(spki)).toBe(openssl(['dgst', '-sha256', '-r'], spki).toString().slice(0, 64))
  })
})

describe('oidText()', () => {
  it('repeats an object identifier of up to 64 characters', () => {
    expect(oidText('1.3.6.1.4.1.311.21.20')).toBe('1.3.6.1.4.1.311.21.20')
    const longest = `1.2.${'1'.repeat(60)}`
    expect(oidText(longest)).toBe(longest)
  })

  it('counts the characters of a longer one', () => {
    expect(oidText(`1.2.${'1'.repeat(61)}`)).toBe('(an object identifier of 65 characters)')
  })

  it('keeps the refusal of the request of 2026-11-21 short', () => {
    const file = new URL('../../incidents/2026-11-21-oid-fills-the-detail/request.der', import.meta.url)
    expect(() => verifyCsr(readFileSync(file))).toRefuse(
      'csr-key-refused',
      /its algorithm \(an object identifier of 48000 characters\) is not known\.$/,
    )
  })
})
