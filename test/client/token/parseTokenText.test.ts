import { describe, expect, it } from 'vitest'
import { parseTokenText } from '../../../client/token/parseTokenText.ts'

const utf16 = (text: string) => Buffer.from(text, 'utf16le')

describe('parseTokenText()', () => {
  it.each(['a.b.c', 'a.b.c\n', '\r\n a.b.c \r\n', '\ufeffa.b.c\r\n'])('takes the token of %j', (text) => {
    expect(parseTokenText(Buffer.from(text), 'x')).toBe('a.b.c')
  })

  it.each<[string | Buffer, RegExp]>([
    [utf16('canary.canary'), /is UTF-16: use Out-File -Encoding ascii/],
    [utf16('\ufeffcanary').swap16(), /is UTF-16/],
    ['', /is empty/],
    ['\ufeff\r\n', /is empty/],
    ['{"accessToken": "canary", "expiresOn": "2026"}', /holds JSON: .*--query accessToken -o tsv/],
    ['\n{"access_token":"canary"}', /holds JSON/],
    ['["canary"]', /holds JSON/],
    ['"canary.b.c"', /in quotes: .*-o tsv/],
    ["'canary.b.c'", /in quotes/],
    ['Bearer canary', /begins with "Bearer"/],
    ['Authorization: bearer canary', /begins with "Bearer"/],
    ['-----BEGIN PRIVATE KEY-----\ncanary', /holds PEM/],
    ['canary.b.c\ncanary.b.c', /several words or lines/],
    [Buffer.from('canary\u00ff', 'latin1'), /is not UTF-8/],
  ])('names what %j is, and repeats nothing of it', (text, detail) => {
    const parse = () => parseTokenText(Buffer.from(text), 'the token file x')
    expect(parse).toRefuse('usage-wrong', detail)
    expect(parse).toRefuse('usage-wrong', /^Cannot get a token: the token file x (?!.*canary)/)
  })
})
