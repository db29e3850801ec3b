import { generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DerError } from '../../../lib/x509/derReader.ts'
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
  encodeTime,
} from '../../../lib/x509/encodeElement.ts'
import { noRevAvail } from '../../../lib/x509/extension.ts'
import { encodeName } from '../../../lib/x509/encodeName.ts'
import { type SignatureAlgorithm, signatureAlgorithms } from '../../../lib/x509/signatureAlgorithm.ts'
import {
  encodeTbsCertificate,
  parseTbsCertificate,
  serialNumberFrom,
  type TbsCertificate,
} from '../../../lib/x509/tbsCertificate.ts'
import { anyDer, anyOctets, anyOid } from './fixtures/arbitraries.ts'
import { hex, numberOf, octets } from './fixtures/octets.ts'

const names: readonly SignatureAlgorithm[] = ['ES256', 'ES384', 'ES512', 'RS256', 'RS384', 'RS512', 'EdDSA']

/** Whole seconds of the years that both forms of Time can say. */
const time = fc
  .integer({ min: Date.UTC(1950, 0, 1) / 1000, max: Date.UTC(9999, 11, 31, 23, 59, 59) / 1000 })
  .map((seconds) => new Date(seconds * 1000))

const anyName = fc
  .array(fc.tuple(fc.constantFrom('CN', 'O'), fc.string({ unit: 'grapheme' })), { maxLength: 3 })
  .map(encodeName)

const anyPublicKeyInfo = fc
  .tuple(anyOid, fc.option(anyDer), anyOctets(60))
  .map(([oid, parameters, bits]) =>
    encodeSequence(
      encodeSequence(encodeOid(oid), ...(parameters ? [parameters] : [])),
      encodeBitString(bits),
    ),
  )

const anyTbs: fc.Arbitrary<TbsCertificate> = fc.record({
  serialNumber: fc.uint8Array({ minLength: 1, maxLength: 20 }).map(serialNumberFrom),
  signature: fc.constantFrom(...names),
  issuer: anyName,
  notBefore: time,
  notAfter: time,
  subject: anyName,
  subjectPublicKeyInfo: anyPublicKeyInfo,
  extensions: fc.array(fc.record({ oid: anyOid, critical: fc.boolean(), value: anyOctets(60) }), {
    maxLength: 5,
  }),
})

const tbs: TbsCertificate = {
  serialNumber: serialNumberFrom(octets('00 11 22 33')),
  signature: 'ES256',
  issuer: encodeName([['CN', 'issuer']]),
  notBefore: new Date('2026-01-01T00:00:00Z'),
  notAfter: new Date('2026-01-01T01:00:00Z'),
  subject: encodeName([['CN', 'subject']]),
  subjectPublicKeyInfo: Uint8Array.from(
    generateKeyPairSync('ed25519').publicKey.export({ format: 'der', type: 'spki' }),
  ),
  extensions: [noRevAvail()],
}

describe('encodeTbsCertificate() and parseTbsCertificate()', () => {
  it('are inverse to each other', () => {
    fc.assert(
      fc.property(anyTbs, (fields) => {
        const der = encodeTbsCertificate(fields)
        const parsed = parseTbsCertificate(der)
        expect(parsed).toEqual(fields)
        expect(hex(encodeTbsCertificate(parsed))).toBe(hex(der))
      }),
    )
  })
})

describe('parseTbsCertificate()', () => {
  /** The members of the TBSCertificate above, of which some are replaced. */
  const assemble = (changed: Partial<Record<keyof typeof members, Uint8Array>> = {}): Uint8Array =>
    encodeSequence(...Object.values({ ...members, ...changed }))

  const members = {
    version: encodeContext(0, encodeSmallInteger(2)),
    serialNumber: encodeElement(derTag.integer, tbs.serialNumber),
    signature: signatureAlgorithms.ES256.identifier,
    issuer: tbs.issuer,
    validity: encodeSequence(encodeTime(tbs.notBefore), encodeTime(tbs.notAfter)),
    subject: tbs.subject,
    subjectPublicKeyInfo: tbs.subjectPublicKeyInfo,
    uniqueIdentifiers: octets(''),
    extensions: encodeContext(
      3,
      encodeSequence(encodeSequence(encodeOid('1.2.3'), encodeOctetString(octets('')))),
    ),
    more: octets(''),
  }

  const extension = (...parts: readonly Uint8Array[]) =>
    encodeContext(3, encodeSequence(encodeSequence(...parts)))
  const oid = encodeOid('1.2.3')
  const value = encodeOctetString(octets('05 00'))

  it('reads members that are put together by hand', () => {
    expect(parseTbsCertificate(assemble())).toEqual({
      ...tbs,
      extensions: [{ oid: '1.2.3', critical: false, value: octets('') }],
    })
  })

  it.each([
    ['version 1', { version: octets('') }],
    ['version 2', { version: encodeContext(0, encodeSmallInteger(1)) }],
    ['version 4', { version: encodeContext(0, encodeSmallInteger(3)) }],
    ['two versions', { version: encodeContext(0, encodeSmallInteger(2), encodeSmallInteger(2)) }],
    ['a serialNumber that is not minimal', { serialNumber: octets('02 02 00 01') }],
    ['a signature algorithm it does not know', { signature: encodeSequence(encodeOid('1.2.840.10045.4.1')) }],
    ['ECDSA with parameters', { signature: encodeSequence(encodeOid('1.2.840.10045.4.3.2'), encodeNull()) }],
    ['an issuer that is not a sequence', { issuer: encodeNull() }],
    ['a subject that is not DER inside', { subject: octets('30 02 02 00') }],
    ['a subject whose RDN is not a set', { subject: octets('30 0c a3 0a 30 08 06 03 55 04 03 0c 01 41') }],
    ['an issuer with an empty RDN', { issuer: octets('30 02 31 00') }],
    ['a key that is no key', { subjectPublicKeyInfo: encodeSequence(encodeNull()) }],
    ['a third time', { validity: encodeSequence(...[1, 2, 3].map(() => encodeTime(tbs.notBefore))) }],
    ['one time', { validity: encodeSequence(encodeTime(tbs.notBefore)) }],
    ['unique identifiers', { uniqueIdentifiers: octets('81 02 00 01') }],
    ['no extensions', { extensions: octets('') }],
    ['extensions of a wrong tag', { extensions: encodeContext(2, encodeSequence()) }],
    ['two lists of extensions', { extensions: encodeContext(3, encodeSequence(), encodeSequence()) }],
    ['an extension without a value', { extensions: extension(oid) }],
    ['an extension with two values', { extensions: extension(oid, value, value) }],
    ['critical FALSE written out', { extensions: extension(oid, octets('01 01 00'), value) }],
    ['critical that is 01', { extensions: extension(oid, octets('01 01 01'), value) }],
    ['members after the extensions', { more: encodeNull() }],
  ])('refuses %s', (_what, changed) => {
    expect(() => parseTbsCertificate(assemble(changed))).toThrow(DerError)
  })

  it('refuses octets after the sequence', () => {
    expect(() => parseTbsCertificate(Buffer.concat([assemble(), octets('00')]))).toThrow(DerError)
  })

  const withNotAfter = (tag: number, text: string) =>
    assemble({
      validity: encodeSequence(encodeTime(tbs.notBefore), encodeElement(tag, Buffer.from(text, 'latin1'))),
    })

  it.each([
    [derTag.utcTime, '500101000000Z', '1950-01-01T00:00:00.000Z'],
    [derTag.utcTime, '991231235959Z', '1999-12-31T23:59:59.000Z'],
    [derTag.utcTime, '000229120000Z', '2000-02-29T12:00:00.000Z'],
    [derTag.utcTime, '491231235959Z', '2049-12-31T23:59:59.000Z'],
    [derTag.generalizedTime, '20500101000000Z', '2050-01-01T00:00:00.000Z'],
    [derTag.generalizedTime, '99991231235959Z', '9999-12-31T23:59:59.000Z'],
  ])('reads the time of tag %i, %s', (tag, text, iso) => {
    expect(parseTbsCertificate(withNotAfter(tag, text)).notAfter.toISOString()).toBe(iso)
  })

  it.each([
    ['a GeneralizedTime of 2049', derTag.generalizedTime, '20491231235959Z'],
    ['a GeneralizedTime of 1949', derTag.generalizedTime, '19491231235959Z'],
    ['a UTCTime with four digits for the year', derTag.utcTime, '20260101000000Z'],
    ['a GeneralizedTime with two', derTag.generalizedTime, '500101000000Z'],
    ['a time without seconds', derTag.utcTime, '2601010000Z'],
    ['a time with fractions', derTag.generalizedTime, '20500101000000.5Z'],
    ['a time with an offset', derTag.utcTime, '260101000000+0000'],
    ['a local time', derTag.utcTime, '260101000000'],
    ['30 February', derTag.utcTime, '260230000000Z'],
    ['29 February of a common year', derTag.utcTime, '260229000000Z'],
    ['month 13', derTag.utcTime, '261301000000Z'],
    ['month 0', derTag.utcTime, '260001000000Z'],
    ['hour 24', derTag.utcTime, '260101240000Z'],
    ['a leap second', derTag.utcTime, '261231235960Z'],
    ['digits of another script', derTag.utcTime, '²60101000000Z'],
    ['a time followed by a NUL', derTag.utcTime, '260101000000Z\0'],
    ['a time as text', derTag.utf8String, '260101000000Z'],
    ['an empty time', derTag.utcTime, ''],
  ])('refuses %s', (_what, tag, text) => {
    expect(() => parseTbsCertificate(withNotAfter(tag, text))).toThrow(/a time/)
  })
})

describe('serialNumberFrom()', () => {
  const random = fc.uint8Array({ minLength: 16, maxLength: 16 })

  it('gives a positive, minimal INTEGER of 16 octets, whatever the random ones', () => {
    fc.assert(
      fc.property(random, (bytes) => {
        const serialNumber = serialNumberFrom(bytes)
        expect(serialNumber).toHaveLength(16)
        expect(serialNumber[0]).toBeGreaterThan(0)
        expect(serialNumber[0]).toBeLessThan(0x80)
        expect(numberOf(serialNumber)).toBeGreaterThan(0n)
      }),
      { examples: [[new Uint8Array(16)], [new Uint8Array(16).fill(0xff)]] },
    )
  })

  it('keeps 126 of the 128 random bits, and does not write into its argument', () => {
    fc.assert(
      fc.property(random, (bytes) => {
        const before = hex(bytes)
        const kept = (1n << 126n) - 1n
        expect(numberOf(serialNumberFrom(bytes)) & kept).toBe(numberOf(bytes) & kept)
        expect(hex(bytes)).toBe(before)
      }),
    )
  })
})
