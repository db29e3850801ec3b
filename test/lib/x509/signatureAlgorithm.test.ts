import { generateKeyPairSync, sign } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { encodeNull, encodeOid, encodeSequence } from '../../../lib/x509/encodeElement.ts'
import {
  type SignatureAlgorithm,
  signatureAlgorithmOf,
  signatureAlgorithms,
  verifiesSignature,
} from '../../../lib/x509/signatureAlgorithm.ts'
import { hex, octets } from './fixtures/octets.ts'

const identifiers: readonly (readonly [SignatureAlgorithm, string])[] = [
  ['ES256', '30 0a 06 08 2a 86 48 ce 3d 04 03 02'],
  ['ES384', '30 0a 06 08 2a 86 48 ce 3d 04 03 03'],
  ['ES512', '30 0a 06 08 2a 86 48 ce 3d 04 03 04'],
  ['RS256', '30 0d 06 09 2a 86 48 86 f7 0d 01 01 0b 05 00'],
  ['RS384', '30 0d 06 09 2a 86 48 86 f7 0d 01 01 0c 05 00'],
  ['RS512', '30 0d 06 09 2a 86 48 86 f7 0d 01 01 0d 05 00'],
  ['EdDSA', '30 05 06 03 2b 65 70'],
]

describe('signatureAlgorithms', () => {
  it('are these', () => {
    expect(Object.keys(signatureAlgorithms)).toEqual(identifiers.map(([name]) => name))
  })

  it.each(identifiers)('%s has its identifier, and is found by it', (name, identifier) => {
    expect(hex(signatureAlgorithms[name].identifier)).toBe(hex(octets(identifier)))
    expect(signatureAlgorithmOf(octets(identifier))).toBe(name)
  })

  it('are not found by anything else', () => {
    const sha1 = encodeSequence(encodeOid('1.2.840.10045.4.1'))
    const withNull = encodeSequence(encodeOid('1.2.840.10045.4.3.2'), encodeNull())
    const withoutNull = encodeSequence(encodeOid('1.2.840.113549.1.1.11'))
    for (const identifier of [sha1, withNull, withoutNull, octets('')]) {
      expect(signatureAlgorithmOf(identifier)).toBeUndefined()
    }
  })
})

describe('verifiesSignature()', () => {
  const keys = {
    ec: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
    rsa: generateKeyPairSync('rsa', { modulusLength: 2048 }),
    ed25519: generateKeyPairSync('ed25519'),
  }
  const signed = Buffer.from('TBSCertificate')

  it.each(identifiers)('tells a signature of %s from any other', (algorithm) => {
    const { digest, keyType } = signatureAlgorithms[algorithm]
    const { publicKey, privateKey } = keys[keyType]
    const signature = sign(digest, signed, privateKey)
    expect(verifiesSignature({ algorithm, publicKey, signed, signature })).toBe(true)
    expect(verifiesSignature({ algorithm, publicKey, signed: Buffer.from('other'), signature })).toBe(false)
    expect(verifiesSignature({ algorithm, publicKey, signed, signature: octets('') })).toBe(false)
  })

  it.each(identifiers)('is false for %s and a key of another type', (algorithm) => {
    const { keyType } = signatureAlgorithms[algorithm]
    const others = Object.values(keys).filter(({ publicKey }) => publicKey.asymmetricKeyType !== keyType)
    expect(others).toHaveLength(2)
    for (const { publicKey } of others) {
      expect(verifiesSignature({ algorithm, publicKey, signed, signature: octets('00') })).toBe(false)
    }
  })
})
