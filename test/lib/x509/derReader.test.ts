import { describe, expect, it } from 'vitest'
import { checkDer } from '../../../lib/x509/checkDer.ts'
import { DerError, DerReader } from '../../../lib/x509/derReader.ts'
import { derTag } from '../../../lib/x509/derTag.ts'
import { encodeElement } from '../../../lib/x509/encodeElement.ts'
import { hex, octets } from './fixtures/octets.ts'

const maxDepth = 12

/** What checkDer() throws, in words; undefined when it accepts. */
const verdictOn = (bytes: Uint8Array, depth = maxDepth): string | undefined => {
  try {
    checkDer(bytes, depth)
    return undefined
  } catch (error) {
    if (error instanceof DerError) return error.message
    throw error
  }
}

const zeros = (count: number) => '00'.repeat(count)

const nested = (levels: number): Uint8Array =>
  levels === 0 ? octets('0500') : encodeElement(derTag.sequence, nested(levels - 1))

/** Beside the rules of fixtures/strictness.ts, which openssl and @peculiar/x509 are asked about as well. */
describe('checkDer() refuses', () => {
  it.each([
    ['nothing at all', '', 'the encoding is truncated'],
    ['an identifier without a length', '04', 'the encoding is truncated'],
    ['a length that is cut', '04 82 01', 'the encoding is truncated'],
    ['contents that are cut', '04 02 00', 'an element is longer than what holds it'],
    ['a member longer than its sequence', '30 03 04 02 00 00', 'an element is longer than what holds it'],
    ['octets after the element', '05 00 00', '1 octets too many'],
    ['a multi-octet identifier', '1f 01 00', 'a multi-octet identifier is not used by PKIX'],
    ['a multi-octet context tag', '30 03 bf 20 00', 'a multi-octet identifier is not used by PKIX'],
    ['an indefinite length', '30 80 00 00', 'an indefinite length is not DER'],
    ['the reserved length octet', '04 ff', 'a length has more than three octets'],
    ['a length of four octets', '04 84 00 00 00 00', 'a length has more than three octets'],
    ['a long form for 0', '04 81 00', 'a length is not minimal'],
    ['a long form for 127', `04 81 7f ${zeros(127)}`, 'a length is not minimal'],
    ['two length octets for 255', `04 82 00 ff ${zeros(255)}`, 'a length is not minimal'],
    ['three length octets for 65535', `04 83 00 ff ff ${zeros(65_535)}`, 'a length is not minimal'],
    ['a padded positive integer', '02 02 00 7f', 'an integer is not minimal'],
    ['a padded zero', '02 02 00 00', 'an integer is not minimal'],
    ['a padded negative integer', '02 02 ff 80', 'an integer is not minimal'],
    ['a boolean of no octet', '01 00', 'a boolean is neither 00 nor FF'],
    ['a boolean of two octets', '01 02 ff ff', 'a boolean is neither 00 nor FF'],
    ['a bit string whose padding is set', '03 02 01 01', 'the padding of a bit string is not zero'],
    ['an object identifier whose first arc is padded', '06 02 80 2a', 'an object identifier is not minimal'],
    ['a constructed octet string', '24 02 04 00', 'a constructed tag 0x24 is not DER'],
    ['a constructed UTF8String', '2c 02 0c 00', 'a constructed tag 0x2c is not DER'],
    ['a primitive sequence', '10 00', 'a sequence or set is not constructed'],
    ['a primitive set', '11 00', 'a sequence or set is not constructed'],
    ['an end-of-contents marker', '00 00', 'an end-of-contents marker is not DER'],
    ['an error inside a context tag', 'a0 03 02 01', 'an element is longer than what holds it'],
    ['an error inside an application tag', '61 02 02 00', 'an integer is empty'],
  ])('%s', (_what, encoding, message) => {
    expect(verdictOn(octets(encoding))).toBe(message)
  })

  it('one level of nesting more than it is told', () => {
    expect(verdictOn(nested(maxDepth))).toBeUndefined()
    expect(verdictOn(nested(maxDepth + 1))).toBe('elements are nested too deeply')
    expect(verdictOn(octets('05 00'), 0)).toBeUndefined()
    expect(verdictOn(octets('30 00'), 0)).toBe('elements are nested too deeply')
  })

  it('a bomb of nested sequences without exhausting the stack', () => {
    expect(verdictOn(octets('30 80'.repeat(8192)))).toBe('an indefinite length is not DER')
    expect(verdictOn(nested(1000))).toBe('elements are nested too deeply')
  })
})

describe('checkDer() accepts', () => {
  it.each([
    ['FALSE', '01 01 00'],
    ['TRUE', '01 01 ff'],
    ['zero', '02 01 00'],
    ['127', '02 01 7f'],
    ['128', '02 02 00 80'],
    ['-1', '02 01 ff'],
    ['-128', '02 01 80'],
    ['-129', '02 02 ff 7f'],
    ['an empty bit string', '03 01 00'],
    ['a bit string of one bit', '03 02 07 80'],
    ['an empty sequence', '30 00'],
    ['a set of nothing', '31 00'],
    ['a primitive context tag whatever it holds', '80 01 00'],
    ['a constructed context tag', 'a0 02 05 00'],
    ['a private tag', 'c1 00'],
  ])('%s', (_what, encoding) => {
    expect(verdictOn(octets(encoding))).toBeUndefined()
  })

  it.each([0, 127, 128, 255, 256, 65_535, 65_536])('contents of %i octets', (length) => {
    expect(verdictOn(encodeElement(derTag.octetString, new Uint8Array(length)))).toBeUndefined()
  })
})

describe('DerReader', () => {
  it('reads elements from left to right', () => {
    const reader = new DerReader(octets('02 01 05 04 02 aa bb'))
    expect(reader.nextTag).toBe(derTag.integer)
    expect(hex(reader.readInteger())).toBe('05')
    const { tag, contents, encoding } = reader.readAny()
    expect({ tag, contents: hex(contents), encoding: hex(encoding) }).toEqual({
      tag: derTag.octetString,
      contents: 'aabb',
      encoding: '0402aabb',
    })
    expect(reader.atEnd).toBe(true)
    expect(reader.nextTag).toBeUndefined()
    expect(() => reader.end()).not.toThrow()
  })

  it('returns views, not copies', () => {
    const bytes = octets('30 04 04 02 aa bb')
    const { contents } = new DerReader(bytes).enter(derTag.sequence).read(derTag.octetString)
    expect(contents.buffer).toBe(bytes.buffer)
    expect(contents.byteOffset).toBe(4)
  })

  it('reads within a view that starts in the middle of its buffer', () => {
    const bytes = octets('ff ff 04 01 07 ff').subarray(2, 5)
    expect(hex(new DerReader(bytes).read(derTag.octetString).contents)).toBe('07')
  })

  it('names what it expected and what it found', () => {
    expect(() => new DerReader(octets('05 00')).read(derTag.set)).toThrow('expected tag 0x31, found tag 0x05')
    expect(() => new DerReader(octets('')).read(derTag.set)).toThrow('expected tag 0x31, found the end')
  })

  it('leaves an optional element of another tag where it is', () => {
    const reader = new DerReader(octets('05 00'))
    expect(reader.readOptional(derTag.boolean)).toBeUndefined()
    expect(reader.readOptional(derTag.null)?.tag).toBe(derTag.null)
    expect(reader.readOptional(derTag.null)).toBeUndefined()
  })

  it('end() counts the octets that are left', () => {
    expect(() => new DerReader(octets('05 00')).end()).toThrow('2 octets too many')
  })

  it('readInteger() refuses integers that are not minimal, without checkDer() before', () => {
    expect(() => new DerReader(octets('02 02 00 01')).readInteger()).toThrow('an integer is not minimal')
  })

  it.each([
    ['00', 0],
    ['01', 1],
    ['7f', 127],
  ])('readSmallInteger() reads %s', (contents, value) => {
    expect(new DerReader(octets(`02 01 ${contents}`)).readSmallInteger()).toBe(value)
  })

  it.each(['02 01 80', '02 01 ff', '02 02 00 80', '02 02 01 00'])(
    'readSmallInteger() refuses %s',
    (encoding) => {
      expect(() => new DerReader(octets(encoding)).readSmallInteger()).toThrow(
        'an integer is out of its range',
      )
    },
  )

  it('readBitString() tells how many bits are padding', () => {
    const { unusedBits, octets: bits } = new DerReader(octets('03 03 05 ff e0')).readBitString()
    expect([unusedBits, hex(bits)]).toEqual([5, 'ffe0'])
  })

  it('readOctetAlignedBitString() refuses padding bits', () => {
    expect(hex(new DerReader(octets('03 02 00 ff')).readOctetAlignedBitString())).toBe('ff')
    expect(() => new DerReader(octets('03 02 01 fe')).readOctetAlignedBitString()).toThrow(
      'a bit string does not hold whole octets',
    )
  })

  it('readDefaultFalse() reads TRUE, or an absence as FALSE', () => {
    expect(new DerReader(octets('01 01 ff')).readDefaultFalse()).toBe(true)
    expect(new DerReader(octets('05 00')).readDefaultFalse()).toBe(false)
    expect(new DerReader(octets('')).readDefaultFalse()).toBe(false)
  })

  it.each(['01 01 00', '01 01 01', '01 00', '01 02 ff ff'])('readDefaultFalse() refuses %s', (encoding) => {
    expect(() => new DerReader(octets(encoding)).readDefaultFalse()).toThrow(
      'a boolean that defaults to FALSE is not TRUE',
    )
  })

  it.each([
    ['06 01 00', '0.0'],
    ['06 01 27', '0.39'],
    ['06 01 28', '1.0'],
    ['06 01 4f', '1.39'],
    ['06 01 50', '2.0'],
    ['06 01 7f', '2.47'],
    ['06 02 81 00', '2.48'],
    ['06 02 88 37', '2.999'],
    ['06 03 55 1d 38', '2.5.29.56'],
    ['06 09 2b 06 01 04 01 82 37 14 02', '1.3.6.1.4.1.311.20.2'],
    ['06 08 2a ff ff ff ff ff ff 7f', `1.2.${2n ** 49n - 1n}`],
    ['06 09 2a 81 80 80 80 80 80 80 00', `1.2.${2n ** 49n}`],
    // The UUID f81d4fae-7dec-11d0-a765-00a0c91e6bf6, an example of X.667.
    [
      '06 14 69 83 f0 9d a7 eb cf de e0 c7 a1 a7 b2 c0 94 8c c8 f9 d7 76',
      '2.25.329800735698586629295641978511506172918',
    ],
    ['06 09 88 80 80 80 80 80 80 80 00', `2.${2n ** 59n - 80n}`],
  ])('readOid() reads %s as %s', (encoding, dotted) => {
    expect(new DerReader(octets(encoding)).readOid()).toBe(dotted)
  })
})
