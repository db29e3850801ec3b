import 'reflect-metadata'
import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { ExtendedKeyUsageExtension, SubjectAlternativeNameExtension } from '@peculiar/x509'
import { describe, expect, it } from 'vitest'
import { maxCsrOctets, verifyCsr } from '../../../lib/x509/verifyCsr.ts'
import { decodeCsr } from '../../../lib/x509/decodeCsr.ts'
import { DerReader } from '../../../lib/x509/derReader.ts'
import { derTag } from '../../../lib/x509/derTag.ts'
import {
  encodeBitString,
  encodeContext,
  encodeElement,
  encodeNull,
  encodeOctetString,
  encodeOid,
  encodeSequence,
  encodeSmallInteger,
} from '../../../lib/x509/encodeElement.ts'
import { signatureAlgorithms } from '../../../lib/x509/signatureAlgorithm.ts'
import {
  assembleCsr,
  greedyExtensions,
  opensslCsr,
  opensslKeyOf,
  peculiarCsr,
  signedBy,
} from './fixtures/csr.ts'
import { hex, octets } from './fixtures/octets.ts'

const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
const ed25519 = generateKeyPairSync('ed25519').privateKey

const verifyPem = (pem: string) => verifyCsr(decodeCsr(Buffer.from(pem)))
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

const opensslKeys: readonly (readonly [string, readonly string[]])[] = [
  ['P-256', ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256']],
  ['P-384', ['ec', '-pkeyopt', 'ec_paramgen_curve:P-384']],
  ['RSA-2048', ['rsa:2048']],
  ['RSA-4096', ['rsa:4096']],
  ['Ed25519', ['ed25519']],
]

describe('verifyCsr() accepts', () => {
  it.each(opensslKeys)('the request of openssl for a %s key', (_name, newKey) => {
    const pem = opensslCsr(newKey)
    const { publicKey, keyHash } = verifyPem(pem)
    expect(hex(publicKey.spki)).toBe(hex(opensslKeyOf(pem)))
    expect(keyHash).toBe(sha256(publicKey.spki))
  })

  it.each(opensslKeys.filter(([name]) => name !== 'RSA-4096'))(
    'the request of openssl for a %s key that asks for names, purposes and a CA, and drops those',
    (_name, newKey) => {
      const pem = opensslCsr(newKey, greedyExtensions)
      const csr = verifyPem(pem)
      expect(hex(csr.publicKey.spki)).toBe(hex(opensslKeyOf(pem)))
      expect(Object.keys(csr)).toEqual(['keyHash'])
      expect(Object.keys(csr.publicKey).sort()).toEqual(['bits', 'keyObject', 'shape', 'spki'])
    },
  )

  it('the request of openssl that is signed with another SHA-2', () => {
    for (const digest of ['-sha384', '-sha512']) {
      expect(verifyPem(opensslCsr(['rsa:2048'], [digest])).publicKey.shape.kind).toBe('rsa')
      expect(verifyPem(opensslCsr(['ec', '-pkeyopt', 'group:P-256'], [digest])).publicKey.shape.kind).toBe(
        'ec',
      )
    }
  })

  it.each([
    ['P-256', { name: 'ECDSA', namedCurve: 'P-256' }],
    ['P-384', { name: 'ECDSA', namedCurve: 'P-384' }],
    [
      'RSA-2048',
      {
        name: 'RSASSA-PKCS1-v1_5',
        hash: 'SHA-256',
        modulusLength: 2048,
        publicExponent: octets('01 00 01'),
      },
    ],
    ['Ed25519', { name: 'Ed25519', namedCurve: 'Ed25519' }],
  ])('the request of @peculiar/x509 for a %s key', async (_name, algorithm) => {
    const plain = await peculiarCsr(algorithm)
    expect(hex(verifyCsr(plain.der).publicKey.spki)).toBe(hex(plain.spki))
    const greedy = await peculiarCsr(algorithm, [
      new SubjectAlternativeNameExtension([{ type: 'email', value: 'administrator@contoso.example' }]),
      new ExtendedKeyUsageExtension(['1.3.6.1.5.5.7.3.1']),
    ])
    expect(hex(verifyCsr(greedy.der).publicKey.spki)).toBe(hex(greedy.spki))
  })

  it('a request with an empty subject', () => {
    expect(verifyCsr(assembleCsr({ ...signedBy(p256, 'ES256'), subject: encodeSequence() }))).toBeDefined()
  })

  const tagged = (tag: number, contents: string) => encodeElement(tag, octets(contents))
  const uuidArc = tagged(derTag.oid, `69 ${'ff'.repeat(18)} 7f`)
  it.each([
    ['an empty RDN', { subject: octets('30 02 31 00') }],
    ['an RDN that is no set', { subject: octets('30 02 30 00') }],
    ['a set that is not sorted', { subject: octets('30 08 31 06 02 01 02 02 01 01') }],
    ['a subject whose length is not minimal', { subject: octets('30 81 00') }],
    ['a subject whose length has four octets', { subject: octets('30 84 00 00 00 00') }],
    ['a UUID as an arc of an attribute type', { attributes: encodeContext(0, encodeSequence(uuidArc)) }],
    ['a boolean of BER', { attributes: encodeContext(0, octets('01 01 01')) }],
    ['an indefinite length in an attribute', { attributes: encodeContext(0, octets('30 80 00 00')) }],
    ['attributes that are cut short', { attributes: octets('a0 02 02 01') }],
    ['a subject of an indefinite length', { subject: octets('30 80 31 80 00 00 00 00') }],
    ['attributes of one, with a long identifier', { attributes: octets('a0 80 7f 81 01 01 00 00 00') }],
    ['attributes of a length that is not minimal', { attributes: octets('a0 81 00') }],
    ['no attributes', { attributes: undefined }],
  ])('a request with %s, which is dropped', (_what, odd) => {
    expect(verifyCsr(assembleCsr({ ...signedBy(p256, 'ES256'), ...odd })).publicKey.shape.kind).toBe('ec')
  })

  it('ECDSA with NULL parameters, and RSA with none (RFC 4055 section 5)', () => {
    const ecdsa = encodeSequence(encodeOid('1.2.840.10045.4.3.2'), encodeNull())
    const pkcs1 = encodeSequence(encodeOid('1.2.840.113549.1.1.11'))
    expect(verifyCsr(assembleCsr({ ...signedBy(p256, 'ES256'), algorithm: ecdsa }))).toBeDefined()
    expect(verifyCsr(assembleCsr({ ...signedBy(rsa, 'RS256'), algorithm: pkcs1 }))).toBeDefined()
  })

  it('a P-256 request that is signed with SHA-384', () => {
    expect(verifyCsr(assembleCsr(signedBy(p256, 'ES384'))).publicKey.shape.kind).toBe('ec')
  })
})

describe('verifyCsr() refuses as malformed', () => {
  const members = signedBy(p256, 'ES256')
  const valid = assembleCsr(members)
  const parts = new DerReader(valid).enter(derTag.sequence)
  const info = parts.readAny().encoding
  const algorithm = parts.readAny().encoding
  const signature = parts.readAny().encoding

  it('no octets', () => {
    expect(() => verifyCsr(octets(''))).toRefuse('csr-malformed', /expected tag 0x30, found the end/)
  })

  it('a request that is cut at any octet', () => {
    const whole = assembleCsr(signedBy(ed25519, 'EdDSA'))
    for (let length = 0; length < whole.length; length++) {
      expect(() => verifyCsr(whole.subarray(0, length))).toRefuse('csr-malformed')
    }
  })

  it('octets after the request', () => {
    expect(() => verifyCsr(Buffer.concat([valid, octets('00')]))).toRefuse('csr-malformed', /octets too many/)
  })

  it('a member after the signature, or none', () => {
    const more = encodeSequence(info, algorithm, signature, encodeNull())
    expect(() => verifyCsr(more)).toRefuse('csr-malformed', /2 octets too many/)
    expect(() => verifyCsr(encodeSequence(info, algorithm))).toRefuse('csr-malformed', /found the end/)
  })

  it.each([1, 2, 127])('version %i', (version) => {
    const csr = assembleCsr({ ...members, version: encodeSmallInteger(version) })
    expect(() => verifyCsr(csr)).toRefuse('csr-malformed', new RegExp(`version is ${version}, not 0`))
  })

  it.each([
    ['a negative version', { version: octets('02 01 ff') }],
    ['a version that is not an integer', { version: encodeNull() }],
    ['a subject that is not a sequence', { subject: encodeElement(derTag.set) }],
    ['a key that is not a sequence', { spki: encodeNull() }],
    ['a subject that is longer than the request', { subject: octets('30 82 ff ff') }],
    ['a subject of an indefinite length without an end', { subject: octets('30 80 31 00') }],
    ['a subject with a string of an indefinite length', { subject: octets('30 80 04 80 00 00 00 00') }],
    ['attributes with a primitive tag', { attributes: octets('80 00') }],
    ['attributes that are a SET', { attributes: encodeElement(derTag.set) }],
    ['members after the attributes', { attributes: octets('a0 00 a1 00') }],
    ['a signature algorithm that is not a sequence', { algorithm: encodeOid('1.2.840.10045.4.3.2') }],
  ])('%s', (_what, wrong) => {
    expect(() => verifyCsr(assembleCsr({ ...members, ...wrong }))).toRefuse('csr-malformed')
  })

  it('a signature that is not a whole number of octets', () => {
    const csr = encodeSequence(info, algorithm, encodeBitString(octets('aa fe'), 1))
    expect(() => verifyCsr(csr)).toRefuse('csr-malformed', /whole octets/)
  })

  it('a request that is not minimal DER', () => {
    const csr = Buffer.concat([octets('30 83 00'), valid.subarray(2)])
    expect(() => verifyCsr(csr)).toRefuse('csr-malformed', /not minimal/)
  })

  it('more than 16 KiB, before it reads any of them', () => {
    const attributesOf = (length: number) => encodeContext(0, encodeOctetString(new Uint8Array(length)))
    const sized = (length: number) =>
      assembleCsr({ ...signedBy(ed25519, 'EdDSA'), attributes: attributesOf(length) })
    const room = maxCsrOctets - sized(1000).length + 1000
    expect(sized(room)).toHaveLength(16_384)
    expect(verifyCsr(sized(room)).publicKey.shape.kind).toBe('ed25519')
    expect(() => verifyCsr(sized(room + 1))).toRefuse('csr-malformed', /16385 octets, the limit is 16384/)
    expect(() => verifyCsr(new Uint8Array(1_000_000))).toRefuse('csr-malformed', /1000000 octets/)
  })

  it.each([
    ['ECDSA with a curve', p256, 'ES256', encodeOid('1.2.840.10045.3.1.7')],
    ['ECDSA with NULL twice', p256, 'ES256', Buffer.concat([encodeNull(), encodeNull()])],
    ['ECDSA with a NULL that is not empty', p256, 'ES256', octets('05 01 00')],
    ['RSA with an octet string', rsa, 'RS256', octets('04 00')],
    ['Ed25519 with NULL (RFC 8410 section 3)', ed25519, 'EdDSA', encodeNull()],
  ] as const)('%s as parameters of the signature algorithm', (_what, key, name, parameters) => {
    const identifier = encodeSequence(encodeOid(signatureAlgorithms[name].oid), parameters)
    expect(() => verifyCsr(assembleCsr({ ...signedBy(key, name), algorithm: identifier }))).toRefuse(
      'csr-malformed',
      /parameters of its signature algorithm/,
    )
  })
})

describe('verifyCsr() refuses as not proving possession', () => {
  it.each([
    ['sha1WithRSAEncryption', () => opensslCsr(['rsa:2048'], ['-sha1'])],
    ['ecdsa-with-SHA1', () => opensslCsr(['ec', '-pkeyopt', 'group:P-256'], ['-sha1'])],
    ['RSASSA-PSS', () => opensslCsr(['rsa:2048'], ['-sigopt', 'rsa_padding_mode:pss'])],
  ])('a request that is signed with %s', (_name, pem) => {
    expect(() => verifyPem(pem())).toRefuse('csr-signature-invalid', /signature algorithm [0-9.]+ is not/)
  })

  it.each([
    ['P-256', p256, 'ES256'],
    ['P-384', p384, 'ES384'],
    ['RSA', rsa, 'RS256'],
    ['Ed25519', ed25519, 'EdDSA'],
  ] as const)('a %s request whose signature was changed', (_name, key, algorithm) => {
    const csr = Uint8Array.from(assembleCsr(signedBy(key, algorithm)))
    csr[csr.length - 1] = (csr.at(-1) ?? 0) ^ 1
    expect(() => verifyCsr(csr)).toRefuse('csr-signature-invalid')
  })

  it('a request whose names were changed', () => {
    const csr = Buffer.from(assembleCsr(signedBy(p256, 'ES256')))
    csr[csr.indexOf('alice')] = 'A'.charCodeAt(0)
    expect(() => verifyCsr(csr)).toRefuse('csr-signature-invalid')
  })

  it("a request whose key was put in place of the signer's", () => {
    const { spki } = signedBy(p256, 'ES256')
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
    expect(() => verifyCsr(assembleCsr({ ...signedBy(other, 'ES256'), spki }))).toRefuse(
      'csr-signature-invalid',
    )
  })

  it.each([
    ['an EC key with an RSA algorithm', p256, 'ES256', 'RS256'],
    ['an EC key with Ed25519', p256, 'ES256', 'EdDSA'],
    ['an RSA key with an ECDSA algorithm', rsa, 'RS256', 'ES256'],
    ['an RSA key with Ed25519', rsa, 'RS256', 'EdDSA'],
    ['an Ed25519 key with an ECDSA algorithm', ed25519, 'EdDSA', 'ES256'],
    ['an Ed25519 key with an RSA algorithm', ed25519, 'EdDSA', 'RS256'],
  ] as const)('%s', (_what, key, own, claimed) => {
    const { algorithm } = signedBy(key, claimed)
    expect(() => verifyCsr(assembleCsr({ ...signedBy(key, own), algorithm }))).toRefuse(
      'csr-signature-invalid',
    )
  })

  it('a signature with another digest than the algorithm names', () => {
    const { algorithm } = signedBy(p256, 'ES384')
    expect(() => verifyCsr(assembleCsr({ ...signedBy(p256, 'ES256'), algorithm }))).toRefuse(
      'csr-signature-invalid',
    )
  })

  const signedAs = (signature: (info: Uint8Array) => Uint8Array, key: KeyObject = p256) =>
    assembleCsr({ ...signedBy(key, key === p256 ? 'ES256' : 'EdDSA'), signature })
  it.each([
    ['an empty signature', signedAs(() => octets(''))],
    ['an ECDSA signature of zeros', signedAs(() => octets('30 06 02 01 00 02 01 00'))],
    ['an ECDSA signature of r = s = 1', signedAs(() => octets('30 06 02 01 01 02 01 01'))],
    [
      'an ECDSA signature as r || s instead of DER',
      signedAs((info) => sign('sha256', info, { key: p256, dsaEncoding: 'ieee-p1363' })),
    ],
    [
      'an ECDSA signature with octets after it',
      signedAs((info) => Buffer.concat([sign('sha256', info, p256), octets('00')])),
    ],
    ['an Ed25519 signature of zeros', signedAs(() => new Uint8Array(64), ed25519)],
    ['an Ed25519 signature of a wrong length', signedAs(() => new Uint8Array(63), ed25519)],
  ])('%s', (_what, csr) => {
    expect(() => verifyCsr(csr)).toRefuse('csr-signature-invalid')
  })
})
