import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DerReader } from '../../../lib/x509/derReader.ts'
import { contextTag, derTag } from '../../../lib/x509/derTag.ts'
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
  encodeTrue,
  encodeUtf8String,
} from '../../../lib/x509/encodeElement.ts'
import { openssl } from '../../openssl.ts'
import { anyOctets, anyOid } from './fixtures/arbitraries.ts'
import { hex, octets } from './fixtures/octets.ts'

const spaced = (bytes: Uint8Array) => hex(bytes).replaceAll(/..(?=.)/g, '$& ')

describe('encodeElement()', () => {
  it.each([
    [0, '04 00'],
    [127, '04 7f'],
    [128, '04 81 80'],
    [255, '04 81 ff'],
    [256, '04 82 01 00'],
    [65_535, '04 82 ff ff'],
    [65_536, '04 83 01 00 00'],
  ])('writes the length %i in its shortest form', (length, header) => {
    const encoding = encodeElement(derTag.octetString, new Uint8Array(length))
    expect(spaced(encoding.subarray(0, encoding.length - length))).toBe(header)
    expect(new DerReader(encoding).read(derTag.octetString).contents).toHaveLength(length)
  })

  it('puts its parts one after the other', () => {
    expect(spaced(encodeElement(derTag.octetString, octets('01'), octets(''), octets('02 03')))).toBe(
      '04 03 01 02 03',
    )
  })

  it('writes what the reader reads', () => {
    fc.assert(
      fc.property(anyOctets(600), fc.constantFrom(0x04, 0x0c, 0x30, 0x80, 0xa3), (contents, tag) => {
        const reader = new DerReader(encodeElement(tag, contents))
        expect(hex(reader.read(tag).contents)).toBe(hex(contents))
        expect(reader.atEnd).toBe(true)
      }),
    )
  })
})

describe('The writer encodes', () => {
  it.each([
    ['a SEQUENCE', encodeSequence(encodeNull(), encodeTrue()), '30 05 05 00 01 01 ff'],
    ['an empty SEQUENCE', encodeSequence(), '30 00'],
    ['an EXPLICIT context tag', encodeContext(3, encodeNull()), 'a3 02 05 00'],
    [
      'a primitive context tag',
      encodeElement(contextTag(6, false), Buffer.from('urn:x')),
      '86 05 75 72 6e 3a 78',
    ],
    ['TRUE', encodeTrue(), '01 01 ff'],
    ['NULL', encodeNull(), '05 00'],
    ['an OCTET STRING', encodeOctetString(octets('00 ff')), '04 02 00 ff'],
    ['a BIT STRING of whole octets', encodeBitString(octets('aa bb')), '03 03 00 aa bb'],
    ['a BIT STRING with padding', encodeBitString(octets('80'), 7), '03 02 07 80'],
    ['a UTF8String', encodeUtf8String('é'), '0c 02 c3 a9'],
    ['the small integer 0', encodeSmallInteger(0), '02 01 00'],
    ['the small integer 127', encodeSmallInteger(127), '02 01 7f'],
  ])('%s', (_what, encoding, expected) => {
    expect(spaced(encoding)).toBe(expected)
  })
})

describe('encodeOid()', () => {
  it.each([
    ['0.0', '06 01 00'],
    ['1.39', '06 01 4f'],
    ['2.47', '06 01 7f'],
    ['2.48', '06 02 81 00'],
    ['2.999', '06 02 88 37'],
    ['1.2.127', '06 02 2a 7f'],
    ['1.2.128', '06 03 2a 81 00'],
    ['1.2.16383', '06 03 2a ff 7f'],
    ['1.2.16384', '06 04 2a 81 80 00'],
    ['1.2.4294967295', '06 06 2a 8f ff ff ff 7f'],
    ['1.3.6.1.4.1.311.87', '06 08 2b 06 01 04 01 82 37 57'],
  ])('writes %s', (dotted, expected) => {
    expect(spaced(encodeOid(dotted))).toBe(expected)
  })

  it('writes what the reader reads', () => {
    fc.assert(
      fc.property(anyOid, (dotted) => {
        expect(new DerReader(encodeOid(dotted)).readOid()).toBe(dotted)
      }),
    )
  })

  it('writes what openssl reads', () => {
    const dotted = '1.3.6.1.4.1.311.87.4294967295.127.128.16384'
    const text = openssl(['asn1parse', '-inform', 'DER'], encodeOid(dotted)).toString()
    expect(text).toContain(`OBJECT            :${dotted}`)
  })
})

describe('encodeTime()', () => {
  it.each([
    ['1950-01-01T00:00:00Z', derTag.utcTime, '500101000000Z'],
    ['1999-12-31T23:59:59Z', derTag.utcTime, '991231235959Z'],
    ['2000-01-01T00:00:00Z', derTag.utcTime, '000101000000Z'],
    ['2049-12-31T23:59:59Z', derTag.utcTime, '491231235959Z'],
    ['2049-12-31T23:59:59.999Z', derTag.utcTime, '491231235959Z'],
    ['2050-01-01T00:00:00Z', derTag.generalizedTime, '20500101000000Z'],
    ['9999-12-31T23:59:59Z', derTag.generalizedTime, '99991231235959Z'],
  ])('writes %s in the form of its year', (time, tag, text) => {
    const element = new DerReader(encodeTime(new Date(time))).readAny()
    expect([element.tag, Buffer.from(element.contents).toString()]).toEqual([tag, text])
  })
})
