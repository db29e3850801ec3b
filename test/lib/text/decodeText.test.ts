import { describe, expect, it } from 'vitest'
import { decodeText } from '../../../lib/text/decodeText.ts'

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
