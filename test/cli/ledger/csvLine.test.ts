import { describe, expect, it } from 'vitest'
import { csvCell, csvLine } from '../../../cli/ledger/recordFormat.ts'

describe('csvCell()', () => {
  it.each([
    ['alice@contoso.example', 'alice@contoso.example'],
    ['2026-03-02T10:00:00.000Z', '2026-03-02T10:00:00.000Z'],
    ['a,b', '"a,b"'],
    ['say "hi"', '"say ""hi"""'],
    // A separator in other countries, and a quote of other programs.
    ['a;b', '"a;b"'],
    ["a'b", '"a\'b"'],
    ['', ''],
    [null, ''],
    [0, '0'],
    [-1, '-1'],
  ])('writes %j as %s', (value, cell) => {
    expect(csvCell(value)).toBe(cell)
  })

  it.each([
    ['=1+1', '"\'=1+1"'],
    ['=HYPERLINK("http://x","y")', '"\'=HYPERLINK(""http://x"",""y"")"'],
    ['+1', '"\'+1"'],
    ['-1', '"\'-1"'],
    ['@SUM(A1)', '"\'@SUM(A1)"'],
    [' =1', '"\' =1"'],
    ['\u00a0=1', '"\'\u00a0=1"'],
    ['＝1', '"\'＝1"'],
    // Tab and CR, which spreadsheets skip before a formula, are written out and begin none.
    ['\t=1', '"\\u{09}=1"'],
    ['\r=1', '"\\u{0d}=1"'],
    ['\n=1', '"\\u{0a}=1"'],
  ])('keeps a spreadsheet from calculating %j', (value, cell) => {
    expect(csvCell(value)).toBe(cell)
  })

  it('writes signals as JSON in one cell, and lets no text out of it', () => {
    const cell = csvCell([{ proof: '",=1\u001b', signal: 'unknown' }])
    expect(cell).toMatch(/^"\[\{""proof/)
    const text = cell.slice(1, -1).replaceAll('""', '"')
    expect(JSON.parse(text)).toEqual([{ proof: '",=1\u001b', signal: 'unknown' }])
  })

  it('ends lines as RFC 4180 does', () => {
    expect(csvLine(['a', null, 1, 'b c'])).toBe('a,,1,b c\r\n')
  })
})
