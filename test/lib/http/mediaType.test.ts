import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseMediaType, splitUnquoted } from '../../../lib/http/mediaType.ts'

const parsed = (text: string) => {
  const { type, parameters } = parseMediaType(text) ?? {}
  return [type, Object.fromEntries(parameters ?? [])]
}

describe('parseMediaType()', () => {
  it.each([
    ['application/json', 'application/json', {}],
    ['Application/JSON', 'application/json', {}],
    [' \tapplication/json\t ', 'application/json', {}],
    ['application/vnd.a-b_c+json', 'application/vnd.a-b_c+json', {}],
    ['*/*', '*/*', {}],
    ['text/*', 'text/*', {}],
    ['text/plain;charset=utf-8', 'text/plain', { charset: 'utf-8' }],
    ['text/plain ; Charset=UTF-8', 'text/plain', { charset: 'UTF-8' }],
    ['text/plain; charset="utf-8"', 'text/plain', { charset: 'utf-8' }],
    ['text/plain; a=1; b="2;,=3"; c=4', 'text/plain', { a: '1', b: '2;,=3', c: '4' }],
    [String.raw`text/plain; a="say \"x\\y\""`, 'text/plain', { a: String.raw`say "x\y"` }],
    ['text/plain; a=""', 'text/plain', { a: '' }],
    ['text/plain;', 'text/plain', {}],
    ['text/plain; ;a=b;;', 'text/plain', { a: 'b' }],
  ])('reads %j', (text, type, parameters) => {
    expect(parsed(text)).toEqual([type, parameters])
  })

  it.each([
    '',
    'application',
    'application/',
    '/json',
    '*',
    '*/json',
    'application/*json',
    'application/json/x',
    'application /json',
    'application/ json',
    'application/json, text/plain',
    'application/json,',
    'application/json charset=utf-8',
    'application/json; charset',
    'application/json; charset=',
    'application/json; =utf-8',
    'application/json; charset =utf-8',
    'application/json; charset= utf-8',
    'application/json; charset=utf 8',
    'application/json; charset=utf-8, text/plain',
    'application/json; charset="utf-8',
    'application/json; charset=utf-8"',
    'application/json; charset="utf"8"',
    String.raw`application/json; charset="utf-8\"`,
    'application/json; a=1; a=1',
    'application/json; a=1; A=2',
    `application/${'x'.repeat(128)}`,
  ])('does not read %j', (text) => {
    expect(parseMediaType(text)).toBeUndefined()
  })

  it('reads back any parameter that is quoted as RFC 9110 section 5.6.4 says', () => {
    const value = fc.string({ unit: fc.constantFrom(...Array.from(' !"#,;=\\aZ09*/')) })
    fc.assert(
      fc.property(value, (text) => {
        const quoted = `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`
        expect(parsed(`text/plain;a=${quoted};b=c`)).toEqual(['text/plain', { a: text, b: 'c' }])
      }),
    )
  })
})

describe('splitUnquoted()', () => {
  it('splits at separators outside of quoted-strings only', () => {
    expect(splitUnquoted('a, "b,c" ,"d\\",e",,f', ',')).toEqual(['a', '"b,c"', '"d\\",e"', '', 'f'])
    expect(splitUnquoted('', ',')).toEqual([''])
    expect(splitUnquoted('a, "b, c', ',')).toEqual(['a', '"b, c'])
  })

  it('loses nothing but white space', () => {
    const text = fc.string({ unit: fc.constantFrom(...Array.from('a",;\\')) })
    fc.assert(
      fc.property(text, (whole) => {
        expect(splitUnquoted(whole, ',').join(',')).toBe(whole)
      }),
    )
  })
})
