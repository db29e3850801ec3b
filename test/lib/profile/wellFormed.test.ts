import { describe, expect, it } from 'vitest'
import { lint } from '../../../lib/profile/lint.ts'
import { DerReader } from '../../../lib/x509/derReader.ts'
import { derTag } from '../../../lib/x509/derTag.ts'
import { encodeContext, encodeElement, encodeNull, encodeSequence } from '../../../lib/x509/encodeElement.ts'
import { encodeTbsCertificate } from '../../../lib/x509/tbsCertificate.ts'
import { octets } from '../x509/fixtures/octets.ts'
import { makeHierarchy } from './fixtures/hierarchy.ts'

const der = encodeTbsCertificate(makeHierarchy('ES256').root)

const members: readonly Uint8Array[] = (() => {
  const reader = new DerReader(der).enter(derTag.sequence)
  const found: Uint8Array[] = []
  while (!reader.atEnd) found.push(reader.readAny().encoding)
  return found
})()

const position = { version: 0, serialNumber: 1, signature: 2, validity: 4, extensions: 7 }

/** The root's TBSCertificate with other octets in the place of one member, or without it. */
const withMember = (name: keyof typeof position, ...instead: readonly Uint8Array[]): Uint8Array =>
  encodeSequence(...members.flatMap((member, index) => (index === position[name] ? instead : [member])))

const time = (text: string) =>
  encodeElement(text.length > 13 ? derTag.generalizedTime : derTag.utcTime, Buffer.from(text))
const validity = (notBefore: string, notAfter: string) =>
  withMember('validity', encodeSequence(time(notBefore), time(notAfter)))

const cases: readonly (readonly [what: string, octets: Uint8Array, why: RegExp])[] = [
  ['no octets', octets(''), /truncated/],
  ['an indefinite length', octets('30 80 00 00'), /indefinite/],
  ['something else', encodeSequence(encodeNull()), /expected tag 0xa0/],
  ['a TBSCertificate that is cut', der.subarray(0, -1), /longer than what holds it/],
  ['octets after it', Uint8Array.of(...der, 0), /1 octets too many/],
  ['version 1, by default', withMember('version'), /expected tag 0xa0/],
  ['version 1, written out', withMember('version', octets('a0 03 02 01 00')), /the version is not 3/],
  ['version 2', withMember('version', octets('a0 03 02 01 01')), /the version is not 3/],
  ['a serial number that is not minimal', withMember('serialNumber', octets('02 02 00 01')), /not minimal/],
  [
    'ecdsa-with-SHA256 with parameters',
    withMember('signature', octets('30 0c 06 08 2a 86 48 ce 3d 04 03 02 05 00')),
    /the signature algorithm is not known/,
  ],
  [
    'sha256WithRSAEncryption without them',
    withMember('signature', octets('30 0b 06 09 2a 86 48 86 f7 0d 01 01 0b')),
    /the signature algorithm is not known/,
  ],
  [
    'sha1WithRSAEncryption',
    withMember('signature', octets('30 0d 06 09 2a 86 48 86 f7 0d 01 01 05 05 00')),
    /the signature algorithm is not known/,
  ],
  ['a UTCTime without seconds', validity('2602030305Z', '260203040505Z'), /a time .* form/],
  ['a UTCTime with an offset', validity('260203030506+0000', '260203040505Z'), /a time .* form/],
  ['a GeneralizedTime before 2050', validity('20260203030506Z', '260203040505Z'), /a time .* form/],
  ['a GeneralizedTime with a fraction', validity('260203030506Z', '20510203030506.5Z'), /a time .* form/],
  ['a day that does not exist', validity('260203030506Z', '260230030506Z'), /a time/],
  [
    'an issuerUniqueID',
    withMember('extensions', octets('81 02 00 01'), members[7] ?? octets('')),
    /expected tag 0xa3/,
  ],
  ['no extensions', withMember('extensions'), /expected tag 0xa3/],
  [
    'critical FALSE, which DER leaves out',
    withMember(
      'extensions',
      encodeContext(3, encodeSequence(octets('30 0b 06 03 55 1d 0e 01 01 00 04 01 00'))),
    ),
    /defaults to FALSE/,
  ],
]

describe('lint()', () => {
  it('takes the members for what they are', () => {
    expect(encodeSequence(...members)).toEqual(der)
    expect(members).toHaveLength(8)
    const any = { name: 'any', citation: 'of this test', holds: () => true }
    expect(() => lint(der, [any], undefined)).not.toThrow()
    expect(() => lint(validity('260203030506Z', '20510203030506Z'), [any], undefined)).not.toThrow()
    expect(() => lint(der, [], undefined)).toThrow('There are no rules to lint by.')
  })

  it.each(cases)('refuses, as not well-formed, %s', (_what, broken, why) => {
    expect(() => lint(broken, [], undefined)).toRefuse('lint-failed', why)
    expect(() => lint(broken, [], undefined)).toRefuse(
      'lint-failed',
      /^Cannot sign: the TBSCertificate breaks well-formed \(RFC 5280 section 4\.1; profile section 2\.1\): /,
    )
  })
})
