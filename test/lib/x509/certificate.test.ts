import { devNull } from 'node:os'
import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import {
  certificateDigest,
  encodeCertificate,
  extensionValue,
  parseCertificate,
  serialNumberHex,
} from '../../../lib/x509/certificate.ts'
import { encodeNull, encodeSequence } from '../../../lib/x509/encodeElement.ts'
import {
  basicConstraintsCa,
  decodeAuthorityKeyIdentifier,
  decodeBasicConstraints,
  decodeKeyUsage,
  decodeSubjectAltName,
  decodeSubjectKeyIdentifier,
  extensionOid,
  keyUsage,
} from '../../../lib/x509/extension.ts'
import { decodeName, encodeName } from '../../../lib/x509/encodeName.ts'
import { signatureAlgorithms, verifiesSignature } from '../../../lib/x509/signatureAlgorithm.ts'
import { encodeTbsCertificate, serialNumberFrom } from '../../../lib/x509/tbsCertificate.ts'
import { openssl } from '../../openssl.ts'
import { hex, octets } from './fixtures/octets.ts'

const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const tbs = encodeTbsCertificate({
  serialNumber: serialNumberFrom(octets('0f 1e 2d 3c')),
  signature: 'ES256',
  issuer: encodeName([['CN', 'root']]),
  notBefore: new Date('2026-01-01T00:00:00Z'),
  notAfter: new Date('2050-01-01T00:00:00Z'),
  subject: encodeName([['CN', 'root']]),
  subjectPublicKeyInfo: publicKey.export({ format: 'der', type: 'spki' }),
  extensions: [basicConstraintsCa(1), keyUsage(['keyCertSign'])],
})
const signature = sign('sha256', tbs, privateKey)
const certificate = encodeCertificate(tbs, 'ES256', signature)

describe('encodeCertificate()', () => {
  it('writes a certificate that openssl verifies', () => {
    const text = openssl(
      ['x509', '-inform', 'DER', '-noout', '-serial', '-ext', 'basicConstraints'],
      certificate,
    )
    expect(text.toString()).toContain('serial=4F1E2D3C\n')
    expect(text.toString()).toContain('CA:TRUE, pathlen:1')
  })

  it('is undone by parseCertificate(), octet by octet', () => {
    const parsed = parseCertificate(certificate)
    expect(hex(parsed.signed)).toBe(hex(tbs))
    expect(hex(parsed.signature)).toBe(hex(signature))
    expect(hex(parsed.der)).toBe(hex(certificate))
    expect(hex(encodeTbsCertificate(parsed.tbs))).toBe(hex(tbs))
    expect(hex(encodeCertificate(parsed.signed, parsed.tbs.signature, parsed.signature))).toBe(
      hex(certificate),
    )
  })
})

describe('parseCertificate()', () => {
  const newKeys: readonly (readonly [string, readonly string[]])[] = [
    ['P-256', ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256']],
    ['P-384', ['ec', '-pkeyopt', 'ec_paramgen_curve:P-384', '-sha384']],
    ['RSA-2048', ['rsa:2048']],
    ['Ed25519', ['ed25519']],
  ]

  it.each(newKeys)('reads the certificate that openssl makes for a %s key', (_name, newKey) => {
    const request = `req -x509 -noenc -keyout ${devNull} -outform DER -days 3 -set_serial 0x0123456789abcdef`
    const names = '-subj /O=Contoso/CN=root -addext subjectAltName=DNS:a.example,IP:127.0.0.1'
    const usage = '-addext keyUsage=critical,digitalSignature -newkey'
    const der = openssl([...`${request} ${names} ${usage}`.split(' '), ...newKey])
    const parsed = parseCertificate(Uint8Array.from(der))
    const field = (oid: string) => extensionValue(parsed.tbs, oid) ?? octets('')
    expect(serialNumberHex(parsed.tbs)).toBe('0123456789abcdef')
    expect(decodeName(parsed.tbs.subject).map(({ utf8 }) => utf8)).toEqual(['Contoso', 'root'])
    expect(hex(parsed.tbs.issuer)).toBe(hex(parsed.tbs.subject))
    expect(parsed.tbs.notAfter.getTime() - parsed.tbs.notBefore.getTime()).toBe(3 * 86_400_000)
    expect(decodeBasicConstraints(field(extensionOid.basicConstraints))).toEqual({ ca: true })
    expect(decodeKeyUsage(field(extensionOid.keyUsage))).toEqual([0])
    expect(decodeSubjectAltName(field(extensionOid.subjectAltName))).toEqual([
      { kind: 'dNSName', value: 'a.example' },
      { kind: 'iPAddress', value: octets('7f 00 00 01') },
    ])
    expect(hex(decodeAuthorityKeyIdentifier(field(extensionOid.authorityKeyIdentifier)))).toBe(
      hex(decodeSubjectKeyIdentifier(field(extensionOid.subjectKeyIdentifier))),
    )
    expect(hex(encodeTbsCertificate(parsed.tbs))).toBe(hex(parsed.signed))
    expect(hex(encodeCertificate(parsed.signed, parsed.tbs.signature, parsed.signature))).toBe(hex(der))
  })

  it('does not verify the signature, which verifiesSignature() does', () => {
    const forged = encodeCertificate(tbs, 'ES256', octets('00'))
    expect(parseCertificate(forged).signature).toEqual(octets('00'))
    const check = { algorithm: 'ES256', publicKey, signed: tbs } as const
    expect(verifiesSignature({ ...check, signature: octets('00') })).toBe(false)
    expect(verifiesSignature({ ...check, signature })).toBe(true)
  })

  it('refuses two signature algorithms that differ', () => {
    expect(() => parseCertificate(encodeCertificate(tbs, 'ES384', signature))).toRefuse(
      'certificate-malformed',
      /its two signature algorithms differ/,
    )
  })

  const { identifier } = signatureAlgorithms.ES256
  it.each([
    ['no octets', octets('')],
    ['octets after it', Buffer.concat([certificate, octets('00')])],
    ['a member after the signature', encodeSequence(tbs, identifier, octets('03 02 00 00'), encodeNull())],
    ['no signature', encodeSequence(tbs, identifier)],
    ['a signature that is not whole octets', encodeSequence(tbs, identifier, octets('03 02 01 fe'))],
    ['a bare TBSCertificate', tbs],
    ['PEM', Buffer.from('-----BEGIN CERTIFICATE-----')],
  ])('refuses %s', (_what, der) => {
    expect(() => parseCertificate(der)).toRefuse('certificate-malformed')
  })

  it('refuses a certificate that is cut at any octet', () => {
    for (let length = 0; length < certificate.length; length++) {
      expect(() => parseCertificate(certificate.subarray(0, length))).toRefuse('certificate-malformed')
    }
  })
})

describe('certificateDigest()', () => {
  it('is the fingerprint that openssl prints', () => {
    const [, fingerprint = ''] = openssl(
      ['x509', '-inform', 'DER', '-noout', '-fingerprint', '-sha256'],
      certificate,
    )
      .toString()
      .split('=')
    expect(certificateDigest(certificate)).toBe(fingerprint.trim().replaceAll(':', '').toLowerCase())
    expect(certificateDigest(certificate)).toBe(createHash('sha256').update(certificate).digest('hex'))
  })
})

describe('extensionValue()', () => {
  it('gives the value of the extension, and undefined where there is none', () => {
    const parsed = parseCertificate(certificate)
    expect(hex(extensionValue(parsed.tbs, extensionOid.basicConstraints) ?? octets(''))).toBe(
      '30060101ff020101',
    )
    expect(extensionValue(parsed.tbs, extensionOid.subjectAltName)).toBeUndefined()
  })
})
