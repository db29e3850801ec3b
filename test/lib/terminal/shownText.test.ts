import { describe, expect, it } from 'vitest'
import { asciiJson, shownText } from '../../../lib/terminal/shownText.ts'

describe('shownText()', () => {
  it.each([
    ['\u001b[2J\u001b]0;owned\u0007', '\\u{1b}[2J\\u{1b}]0;owned\\u{07}'],
    ['\u009b31m', '\\u{9b}31m'],
    ['one\r\ntwo\u0000\u007f\t', 'one\\u{0d}\\u{0a}two\\u{00}\\u{7f}\\u{09}'],
    ['abc\u202ecba\u2066x\u200f', 'abc\\u{202e}cba\\u{2066}x\\u{200f}'],
    ['a\u2028b\u2029c', 'a\\u{2028}b\\u{2029}c'],
    ['zero\u200bwidth\ufeff\u00ad\u3164', 'zero\\u{200b}width\\u{feff}\\u{ad}\\u{3164}'],
    ['half \ud83d', 'half \\u{d83d}'],
    ['tag \u{e0041}', 'tag \\u{e0041}'],
  ])('writes %j so that it does nothing', (text, shown) => {
    expect(shownText(text)).toBe(shown)
  })

  it.each(['alice@contoso.example', 'Zoë Ångström', '中文', '😀', '-', ''])('leaves %j as it is', (text) => {
    expect(shownText(text)).toBe(text)
  })
})

describe('asciiJson()', () => {
  it('is JSON of the same value, in printable ASCII and on one line', () => {
    const value = { 'é\u009b': ['\u001b[2J', '\u2028', '😀', '\ud83d', '\u007f', '"\\'], n: 1, nothing: null }
    const json = asciiJson(value)
    expect(json).toMatch(/^[\x20-\x7e]+$/)
    expect(JSON.parse(json)).toEqual(value)
  })
})
