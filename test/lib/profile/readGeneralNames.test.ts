import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { nameText, readGeneralNames } from '../../../lib/profile/leafNameRules.ts'
import { DerError } from '../../../lib/x509/derReader.ts'
import { encodeContext, encodeElement, encodeOid, encodeSequence } from '../../../lib/x509/encodeElement.ts'
import { octets } from '../x509/fixtures/octets.ts'

describe('readGeneralNames()', () => {
  it('reads each kind that a leaf has, and tells any other by its octets', () => {
    const value = octets(
      `30 29 a0 10 06 03 2a 03 04 a0 09 0c 07 61 40 c3 a9 2e 78 79
       81 03 61 40 62 82 01 61 86 06 75 72 6e 3a 78 3a a4 02 30 00 88 01 2a`,
    )
    expect(readGeneralNames(value)).toEqual([
      nameText('otherName 1.2.3.4 UTF8String', 'a@é.xy'),
      'rfc822Name a@b',
      '[130] 61',
      'uniformResourceIdentifier urn:x:',
      '[164] 3000',
      '[136] 2a',
    ])
  })

  it('gives different octets different texts, however they are encoded', () => {
    const utf8 = fc.string({ unit: 'binary', maxLength: 8 })
    fc.assert(
      fc.property(utf8, fc.uint8Array({ maxLength: 8 }), (text, other) => {
        const [name] = readGeneralNames(encodeSequence(encodeElement(0x81, other)))
        const same = Buffer.compare(Buffer.from(text, 'utf8'), other) === 0
        expect(name === nameText('rfc822Name', text)).toBe(same)
      }),
    )
  })

  const upn = encodeElement(0x0c, Buffer.from('alice@contoso.example'))
  const otherName = (...members: readonly Uint8Array[]) => encodeSequence(encodeContext(0, ...members))
  it.each([
    ['no octets', octets('')],
    ['octets after the list', octets('30 00 00')],
    ['a set in the place of the list', octets('31 00')],
    ['an otherName without a value', otherName(encodeOid('1.2.3'))],
    ['an otherName with two values', otherName(encodeOid('1.2.3'), encodeContext(0, upn, upn))],
    ['an otherName with octets after its value', otherName(encodeOid('1.2.3'), encodeContext(0, upn), upn)],
    ['an otherName whose value is not in [0]', otherName(encodeOid('1.2.3'), upn)],
  ])('throws DerError for %s', (_what, value) => {
    expect(() => readGeneralNames(value)).toThrow(DerError)
  })
})
