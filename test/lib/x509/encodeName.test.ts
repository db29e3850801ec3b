import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DerError } from '../../../lib/x509/derReader.ts'
import { derTag } from '../../../lib/x509/derTag.ts'
import {
  encodeElement,
  encodeOid,
  encodeSequence,
  encodeUtf8String,
} from '../../../lib/x509/encodeElement.ts'
import { decodeName, encodeName } from '../../../lib/x509/encodeName.ts'
import { openssl } from '../../openssl.ts'
import { hex, octets } from './fixtures/octets.ts'

const commonName = encodeOid('2.5.4.3')
const rdn = (...attributes: readonly Uint8Array[]) => encodeElement(derTag.set, ...attributes)

describe('encodeName()', () => {
  it('writes one UTF8String attribute per RDN, in the order given', () => {
    const name = encodeName([
      ['O', 'A'],
      ['CN', 'B'],
    ])
    expect(hex(name)).toBe(
      hex(octets('30 18  31 0a 30 08 06 03 55 04 0a 0c 01 41  31 0a 30 08 06 03 55 04 03 0c 01 42')),
    )
  })

  it('writes names that openssl reads', () => {
    const name = encodeName([
      ['O', 'Zürich, Inc.'],
      ['CN', 'alice@contoso.example'],
    ])
    const text = openssl(['asn1parse', '-inform', 'DER'], name).toString()
    expect(text).toMatch(/:organizationName\n.*UTF8STRING *:Zürich, Inc\.\n/)
    expect(text).toMatch(/:commonName\n.*UTF8STRING *:alice@contoso\.example\n/)
  })
})

describe('decodeName()', () => {
  it('reads back what encodeName() wrote', () => {
    const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 80 })
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom('CN', 'O'), text), { maxLength: 4 }), (attributes) => {
        const oid = { CN: '2.5.4.3', O: '2.5.4.10' }
        expect(decodeName(encodeName(attributes))).toEqual(
          attributes.map(([type, utf8]) => ({ type: oid[type], utf8 })),
        )
      }),
    )
  })

  it('gives no text for a value that is not a UTF8String', () => {
    const name = encodeSequence(
      rdn(encodeSequence(commonName, encodeElement(derTag.printableString, octets('41')))),
    )
    expect(decodeName(name)).toEqual([{ type: '2.5.4.3', utf8: undefined }])
  })

  const attribute = encodeSequence(commonName, encodeUtf8String('A'))
  it.each([
    ['an RDN of two attributes', encodeSequence(rdn(attribute, attribute))],
    ['an empty RDN', encodeSequence(rdn())],
    ['an attribute without a value', encodeSequence(rdn(encodeSequence(commonName)))],
    ['an attribute with two values', encodeSequence(rdn(encodeSequence(commonName, commonName, commonName)))],
    ['an RDN that is not a set', encodeSequence(attribute)],
    ['octets after the name', octets(`${hex(encodeSequence(rdn(attribute)))} 05 00`)],
  ])('refuses %s', (_what, name) => {
    expect(() => decodeName(name)).toThrow(DerError)
  })
})
