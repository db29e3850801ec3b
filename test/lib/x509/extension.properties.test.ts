import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DerError } from '../../../lib/x509/derReader.ts'
import { derTag } from '../../../lib/x509/derTag.ts'
import {
  encodeBitString,
  encodeContext,
  encodeElement,
  encodeOid,
  encodeSequence,
  encodeSmallInteger,
  encodeTrue,
} from '../../../lib/x509/encodeElement.ts'
import {
  authorityKeyIdentifier,
  certificatePolicies,
  decodeAuthorityKeyIdentifier,
  decodeBasicConstraints,
  decodeCertificatePolicies,
  decodeExtKeyUsage,
  decodeKeyUsage,
  decodeSecurityIdentifier,
  decodeSubjectAltName,
  decodeSubjectKeyIdentifier,
  extKeyUsage,
  type GeneralName,
  securityIdentifier,
  subjectAltName,
  subjectKeyIdentifier,
} from '../../../lib/x509/extension.ts'
import { decodeName, encodeName, type NameAttribute } from '../../../lib/x509/encodeName.ts'
import { fuzzRuns } from '../../fuzzRuns.ts'
import { anyDer, anyOctets } from './fixtures/arbitraries.ts'
import { corpusExtensions, corpusTbs } from './fixtures/corpus.ts'
import { derMutationsOf } from './fixtures/mutations.ts'
import { hex, octets } from './fixtures/octets.ts'

const bitsOf = (numbers: readonly number[]): Uint8Array => {
  const last = Math.max(...numbers)
  const bits = new Uint8Array((last >> 3) + 1)
  for (const bit of numbers) bits[bit >> 3] = (bits[bit >> 3] ?? 0) | (0x80 >> (bit & 7))
  return encodeBitString(bits, 7 - (last & 7))
}

const constraintsOf = ({ ca, pathLenConstraint }: ReturnType<typeof decodeBasicConstraints>) =>
  encodeSequence(
    ...(ca ? [encodeTrue()] : []),
    ...(pathLenConstraint === undefined ? [] : [encodeSmallInteger(pathLenConstraint)]),
  )

const whole = <T>(items: readonly (T | undefined)[]): readonly T[] | undefined => {
  const known = items.filter((item) => item !== undefined)
  return known.length === items.length ? known : undefined
}

const nameOf = (attributes: ReturnType<typeof decodeName>): Uint8Array | undefined => {
  const known = attributes.map(({ type, utf8 }): NameAttribute | undefined => {
    if (utf8 === undefined || (type !== '2.5.4.3' && type !== '2.5.4.10')) return undefined
    return [type === '2.5.4.3' ? 'CN' : 'O', utf8]
  })
  const all = whole(known)
  return all && encodeName(all)
}

/** Decodes and writes anew, each by its own pair; undefined where what was read is more than Mayfly writes. */
const pairs: readonly (readonly [string, (value: Uint8Array) => Uint8Array | undefined])[] = [
  ['keyUsage', (value) => bitsOf(decodeKeyUsage(value))],
  ['basicConstraints', (value) => constraintsOf(decodeBasicConstraints(value))],
  ['extKeyUsage', (value) => extKeyUsage(decodeExtKeyUsage(value)).value],
  ['certificatePolicies', (value) => certificatePolicies(decodeCertificatePolicies(value)).value],
  ['subjectKeyIdentifier', (value) => subjectKeyIdentifier(decodeSubjectKeyIdentifier(value)).value],
  ['authorityKeyIdentifier', (value) => authorityKeyIdentifier(decodeAuthorityKeyIdentifier(value)).value],
  [
    'subjectAltName',
    (value) => {
      const names = whole<GeneralName>(decodeSubjectAltName(value))
      return names && subjectAltName(names).value
    },
  ],
  [
    'securityIdentifier',
    (value) => {
      const sid = decodeSecurityIdentifier(value)
      return sid === undefined ? undefined : securityIdentifier(sid).value
    },
  ],
  ['a Name', (value) => nameOf(decodeName(value))],
]

const valid = [
  ...corpusExtensions.map(({ value }) => value),
  octets('03 03 07 00 80'),
  octets('30 03 02 01 00'),
  corpusTbs.issuer,
  corpusTbs.subject,
]
const values = fc.oneof(
  { weight: 8, arbitrary: derMutationsOf(valid) },
  { weight: 1, arbitrary: fc.constantFrom(...valid) },
  { weight: 1, arbitrary: fc.oneof(anyOctets(40), anyDer) },
)

/** What writing anew gives; 'refused' for DerError, 'more' where Mayfly does not write all of it. */
const again = (rewrite: (value: Uint8Array) => Uint8Array | undefined, value: Uint8Array): string => {
  try {
    const written = rewrite(value)
    return written ? hex(written) : 'more'
  } catch (error) {
    if (error instanceof DerError) return 'refused'
    throw error
  }
}

describe('The decoder of', () => {
  it.each(pairs)(
    '%s throws only DerError, and reads nothing that is written differently',
    (_name, rewrite) => {
      let read = 0
      fc.assert(
        fc.property(values, (value) => {
          const outcome = again(rewrite, value)
          if (outcome === 'refused' || outcome === 'more') return
          read += 1
          expect(outcome).toBe(hex(value))
        }),
        { numRuns: fuzzRuns(1500) },
      )
      expect(read).toBeGreaterThan(5)
    },
  )

  it('a Name and of a UPN refuses text that is not UTF-8', () => {
    const isUtf8 = (bytes: Uint8Array) =>
      Buffer.compare(Buffer.from(Buffer.from(bytes).toString()), bytes) === 0
    const refuses = (decode: (value: Uint8Array) => unknown, value: Uint8Array) =>
      again(() => void decode(value), value) === 'refused'
    const named = (text: Uint8Array) =>
      encodeSequence(encodeElement(derTag.set, encodeSequence(encodeOid('2.5.4.3'), text)))
    const upn = (text: Uint8Array) =>
      encodeSequence(encodeContext(0, encodeOid('1.3.6.1.4.1.311.20.2.3'), encodeContext(0, text)))
    fc.assert(
      fc.property(anyOctets(6), (bytes) => {
        const text = encodeElement(derTag.utf8String, bytes)
        expect(refuses(decodeName, named(text))).toBe(!isUtf8(bytes))
        expect(refuses(decodeSubjectAltName, upn(text))).toBe(!isUtf8(bytes))
      }),
      {
        numRuns: fuzzRuns(300),
        examples: [[octets('ef bb bf 41')], [octets('c0 80')], [octets('ed a0 80')], [octets('c3 a9')]],
      },
    )
  })
})
