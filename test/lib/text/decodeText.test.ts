import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeText, decodeBase64, decodeBase64url } from '../../../lib/text/decodeText.ts'
import { fuzzRuns } from '../../fuzzRuns.ts'
import { anyOctets } from '../x509/fixtures/arbitraries.ts'
import { textMutationsOf } from '../x509/fixtures/mutations.ts'
import { hex } from '../x509/fixtures/octets.ts'

const decode = (octets: Uint8Array) => decodeText(octets, (why) => new Error(why))
const utf16 = (text: string) => Buffer.from(text, 'utf16le')

describe('decodeText()', () => {
  it.each([
    ['nothing', '', ''],
    ['ASCII', 'a', 'a'],
    ['other letters', 'Zoë', 'Zoë'],
    ['a byte order mark', '\uFEFFa', 'a'],
    ['a second byte order mark', '\uFEFF\uFEFFa', '\uFEFFa'],
  ])('reads %s', (_what, text, expected) => expect(decode(Buffer.from(text))).toBe(expected))

  it.each([
    ['little-endian with its mark', utf16('\uFEFFToken')],
    ['big-endian with its mark', utf16('\uFEFFToken').swap16()],
    ['little-endian without a mark', utf16('Token')],
    ['big-endian without a mark', utf16('Token').swap16()],
  ])('names UTF-16, %s', (_what, octets) =>
    expect(() => decode(octets)).toThrow('is UTF-16: use Out-File -Encoding ascii'),
  )

  it.each([
    ['Latin-1', Buffer.from('Zoë', 'latin1')],
    ['an octet that starts nothing', Uint8Array.of(0x61, 0x80)],
    ['a surrogate', Uint8Array.of(0xed, 0xa0, 0x80)],
  ])('refuses %s', (_what, octets) => expect(() => decode(octets)).toThrow('is not UTF-8'))
})

const decoded = (text: string) => {
  const octets = decodeBase64(text)
  return octets && hex(octets)
}

describe('decodeBase64()', () => {
  it.each([
    ['standard', '+/+/', 'fbffbf'],
    ['of the alphabet for URLs', '-_-_', 'fbffbf'],
    ['padded', 'AA==', '00'],
    ['without its padding', 'AA', '00'],
    ['with white space anywhere', ' A\tA\r\n=\v=\f ', '00'],
  ])('reads what is %s', (_what, text, expected) => expect(decoded(text)).toBe(expected))

  it.each([
    ['nothing', ''],
    ['white space alone', '\r\n '],
    ['too much padding', 'AAAA='],
    ['half of its padding', 'AA='],
    ['padding in the middle', 'AA==AAAA'],
    ['one digit more', 'AAAAA'],
    ['bits beyond the last octet', 'AB=='],
    ['both alphabets', '+/-_'],
    ['a character of no alphabet', 'AAA*'],
    ['a character that latin1 folds onto another', 'AAAÁ'],
    ['a no-break space', 'AA\u00a0AA'],
  ])('gives undefined for %s', (_what, text) => expect(decodeBase64(text)).toBeUndefined())

  it('reads what an encoder wrote, however it is mutated, or nothing: it never throws', () => {
    const written = anyOctets(60).filter(({ length }) => length > 0)
    const texts = written.chain((bytes) =>
      fc.constantFrom('base64', 'base64url').map((alphabet) => ({
        bytes,
        text: Buffer.from(bytes).toString(alphabet as BufferEncoding),
      })),
    )
    fc.assert(
      fc.property(texts, ({ bytes, text }) => {
        expect(decoded(text)).toBe(hex(bytes))
      }),
      { numRuns: fuzzRuns(200) },
    )
    const mutated = texts.chain(({ text }) => textMutationsOf([text]))
    fc.assert(
      fc.property(mutated, (text) => {
        const octets = decodeBase64(text)
        const digits = text.replaceAll(/[\s=]/g, '').replaceAll('-', '+').replaceAll('_', '/')
        if (octets) expect(Buffer.from(octets).toString('base64').replaceAll('=', '')).toBe(digits)
      }),
      { numRuns: fuzzRuns(2000) },
    )
  })
})

describe('decodeBase64url()', () => {
  it('reads the one spelling that octets have', () =>
    expect(hex(decodeBase64url('-_8') ?? new Uint8Array())).toBe('fbff'))

  it.each(['-_8=', '+/8', '-_9', '-_ 8', 'A'])('gives undefined for %j', (text) =>
    expect(decodeBase64url(text)).toBeUndefined(),
  )
})
