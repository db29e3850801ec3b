import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DerError } from '../../../lib/x509/derReader.ts'
import {
  anyPolicyOid,
  authorityKeyIdentifier,
  basicConstraintsCa,
  certificatePolicies,
  clientAuthOid,
  decodeAuthorityKeyIdentifier,
  decodeBasicConstraints,
  decodeCertificatePolicies,
  decodeExtKeyUsage,
  decodeKeyUsage,
  decodeSecurityIdentifier,
  decodeSubjectAltName,
  decodeSubjectKeyIdentifier,
  type Extension,
  extKeyUsage,
  type GeneralName,
  keyUsage,
  noRevAvail,
  securityIdentifier,
  subjectAltName,
  subjectKeyIdentifier,
} from '../../../lib/x509/extension.ts'
import { anyOctets, anyOid } from './fixtures/arbitraries.ts'
import { hex, octets } from './fixtures/octets.ts'

const sid = 'S-1-5-21-1-2-3-1105'

const every: readonly Extension[] = [
  keyUsage(['digitalSignature']),
  keyUsage(['keyCertSign', 'cRLSign']),
  extKeyUsage([clientAuthOid, '1.3.6.1.4.1.311.87']),
  basicConstraintsCa(),
  basicConstraintsCa(0),
  subjectKeyIdentifier(octets('01 02')),
  authorityKeyIdentifier(octets('01 02')),
  certificatePolicies([anyPolicyOid]),
  noRevAvail(),
  securityIdentifier(sid),
  subjectAltName([{ kind: 'upn', value: 'a@b' }]),
]

describe('An extension', () => {
  it.each([
    ['keyUsage of digitalSignature', keyUsage(['digitalSignature']), '03 02 07 80'],
    ['keyUsage of keyCertSign', keyUsage(['keyCertSign']), '03 02 02 04'],
    ['keyUsage of two bits', keyUsage(['digitalSignature', 'keyCertSign']), '03 02 02 84'],
    ['keyUsage of three bits', keyUsage(['cRLSign', 'digitalSignature', 'keyCertSign']), '03 02 01 86'],
    ['extKeyUsage', extKeyUsage(['1.3.6.1.5.5.7.3.2']), '30 0a 06 08 2b 06 01 05 05 07 03 02'],
    ['basicConstraints', basicConstraintsCa(), '30 03 01 01 ff'],
    ['basicConstraints with a path length', basicConstraintsCa(0), '30 06 01 01 ff 02 01 00'],
    ['subjectKeyIdentifier', subjectKeyIdentifier(octets('aa bb')), '04 02 aa bb'],
    ['authorityKeyIdentifier', authorityKeyIdentifier(octets('aa bb')), '30 04 80 02 aa bb'],
    ['certificatePolicies', certificatePolicies([anyPolicyOid]), '30 08 30 06 06 04 55 1d 20 00'],
    ['noRevAvail', noRevAvail(), '05 00'],
    [
      'securityIdentifier',
      securityIdentifier('S-1-5'),
      '30 17 a0 15 06 0a 2b 06 01 04 01 82 37 19 02 01 a0 07 04 05 53 2d 31 2d 35',
    ],
    [
      'subjectAltName of a UPN',
      subjectAltName([{ kind: 'upn', value: 'a@b' }]),
      '30 15 a0 13 06 0a 2b 06 01 04 01 82 37 14 02 03 a0 05 0c 03 61 40 62',
    ],
    [
      'subjectAltName of each other kind',
      subjectAltName([
        { kind: 'rfc822Name', value: 'a' },
        { kind: 'dNSName', value: 'b' },
        { kind: 'uniformResourceIdentifier', value: 'c' },
        { kind: 'iPAddress', value: octets('7f 00 00 01') },
      ]),
      '30 0f 81 01 61 82 01 62 86 01 63 87 04 7f 00 00 01',
    ],
  ])('%s is written as DER', (_what, { value }, expected) => {
    expect(hex(value)).toBe(hex(octets(expected)))
  })

  it('is critical when it is keyUsage or basicConstraints, and no other', () => {
    const critical = every.filter((each) => each.critical).map(({ oid }) => oid)
    expect(new Set(critical)).toEqual(new Set(['2.5.29.15', '2.5.29.19']))
  })
})

describe('decodeKeyUsage()', () => {
  it.each([
    ['03 02 07 80', [0]],
    ['03 02 02 84', [0, 5]],
    ['03 02 00 ff', [0, 1, 2, 3, 4, 5, 6, 7]],
    ['03 03 07 00 80', [8]],
  ])('reads the bits of %s', (value, bits) => {
    expect(decodeKeyUsage(octets(value))).toEqual(bits)
  })

  it.each([
    ['a trailing zero bit', '03 02 06 80'],
    ['a trailing zero octet', '03 03 00 80 00'],
    ['no bit', '03 01 00'],
    ['zeros alone', '03 02 00 00'],
    ['a padding bit that is set', '03 02 07 81'],
    ['octets after it', '03 02 07 80 00'],
    ['another type', '04 02 07 80'],
  ])('refuses %s', (_what, value) => {
    expect(() => decodeKeyUsage(octets(value))).toThrow(DerError)
  })
})

describe('decodeBasicConstraints()', () => {
  it.each([
    ['30 00', { ca: false }],
    ['30 03 01 01 ff', { ca: true }],
    ['30 06 01 01 ff 02 01 00', { ca: true, pathLenConstraint: 0 }],
    ['30 06 01 01 ff 02 01 7f', { ca: true, pathLenConstraint: 127 }],
  ])('reads %s', (value, expected) => {
    expect(decodeBasicConstraints(octets(value))).toEqual(expected)
  })

  it.each([
    ['FALSE that is written out', '30 03 01 01 00'],
    ['a boolean that is 01', '30 03 01 01 01'],
    ['a boolean of two octets', '30 04 01 02 ff ff'],
    ['a negative path length', '30 06 01 01 ff 02 01 ff'],
    ['a third member', '30 09 01 01 ff 02 01 00 02 01 00'],
    ['octets after it', '30 00 00'],
  ])('refuses %s', (_what, value) => {
    expect(() => decodeBasicConstraints(octets(value))).toThrow(DerError)
  })
})

describe('decodeSubjectAltName()', () => {
  const ascii = fc.string({ unit: 'binary-ascii', maxLength: 80 })
  const generalName: fc.Arbitrary<GeneralName> = fc.oneof(
    fc.record({ kind: fc.constant('upn'), value: fc.string({ unit: 'grapheme' }) }),
    fc.record({
      kind: fc.constantFrom('rfc822Name', 'dNSName', 'uniformResourceIdentifier'),
      value: ascii,
    }),
    fc.record({ kind: fc.constant('iPAddress'), value: fc.uint8Array({ minLength: 4, maxLength: 16 }) }),
  )

  it('reads back what subjectAltName() wrote', () => {
    fc.assert(
      fc.property(fc.array(generalName, { maxLength: 5 }), (names) => {
        expect(decodeSubjectAltName(subjectAltName(names).value)).toEqual(names)
      }),
    )
  })

  it.each([
    ['a directoryName', '30 04 a4 02 30 00'],
    ['a registeredID', '30 03 88 01 2a'],
    ['an otherName of another type', '30 09 a0 07 06 01 2a a0 02 0c 00'],
    ['a UPN that is not a UTF8String', '30 12 a0 10 06 0a 2b 06 01 04 01 82 37 14 02 03 a0 02 16 00'],
  ])('gives undefined for %s', (_what, value) => {
    expect(decodeSubjectAltName(octets(value))).toEqual([undefined])
  })

  it.each([
    ['a name that is not ASCII', '30 03 81 01 e9'],
    ['an otherName without a value', '30 05 a0 03 06 01 2a'],
    ['an otherName with two values', '30 0b a0 09 06 01 2a a0 04 0c 00 0c 00'],
    ['octets after it', '30 00 00'],
  ])('refuses %s', (_what, value) => {
    expect(() => decodeSubjectAltName(octets(value))).toThrow(DerError)
  })
})

describe('decodeSecurityIdentifier()', () => {
  const { value } = securityIdentifier(sid)

  it('reads back what securityIdentifier() wrote', () => {
    expect(decodeSecurityIdentifier(value)).toBe(sid)
  })

  it('gives undefined for none, for two, for another type and for another kind of string', () => {
    const digits = hex(value.subarray(2))
    const two = octets(`30 ${(2 * (value.length - 2)).toString(16)} ${digits} ${digits}`)
    expect(decodeSecurityIdentifier(octets('30 00'))).toBeUndefined()
    expect(decodeSecurityIdentifier(two)).toBeUndefined()
    expect(decodeSecurityIdentifier(octets(hex(value).replace('19020', '19030')))).toBeUndefined()
    expect(decodeSecurityIdentifier(octets(hex(value).replace('0413', '0c13')))).toBeUndefined()
  })

  it('refuses a SID that is not ASCII, and a name that is not an otherName', () => {
    expect(() => decodeSecurityIdentifier(octets(hex(value).replace('532d', 'd32d')))).toThrow(DerError)
    expect(() => decodeSecurityIdentifier(octets('30 02 81 00'))).toThrow(DerError)
  })
})

describe('The decoders', () => {
  it('read back object identifiers and key identifiers', () => {
    fc.assert(
      fc.property(fc.array(anyOid, { maxLength: 5 }), anyOctets(40), (oids, identifier) => {
        expect(decodeExtKeyUsage(extKeyUsage(oids).value)).toEqual(oids)
        expect(decodeCertificatePolicies(certificatePolicies(oids).value)).toEqual(oids)
        expect(hex(decodeSubjectKeyIdentifier(subjectKeyIdentifier(identifier).value))).toBe(hex(identifier))
        expect(hex(decodeAuthorityKeyIdentifier(authorityKeyIdentifier(identifier).value))).toBe(
          hex(identifier),
        )
      }),
    )
  })

  it.each([
    ['a policy with qualifiers', () => decodeCertificatePolicies(octets('30 07 30 05 06 01 2a 30 00'))],
    ['an authority named by its serial number', () => decodeAuthorityKeyIdentifier(octets('30 03 82 01 05'))],
    ['an authority named twice', () => decodeAuthorityKeyIdentifier(octets('30 06 80 01 01 82 01 05'))],
    ['a key identifier in a sequence', () => decodeSubjectKeyIdentifier(octets('30 03 04 01 05'))],
    ['octets after a key identifier', () => decodeSubjectKeyIdentifier(octets('04 01 05 00'))],
    ['a purpose that is not an object identifier', () => decodeExtKeyUsage(octets('30 02 05 00'))],
  ])('refuse %s', (_what, decode) => {
    expect(decode).toThrow(DerError)
  })
})
