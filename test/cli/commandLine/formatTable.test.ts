import { describe, expect, it } from 'vitest'
import {
  formatFields,
  formatHanging,
  formatTable,
  formatTime,
  shortName,
  wrapText,
} from '../../../cli/commandLine/formatTable.ts'

const now = new Date('2026-03-02T10:00:00.000Z')
const after = (seconds: number) => new Date(now.getTime() + seconds * 1000)

describe('formatTime()', () => {
  it.each([
    [0, '2026-03-02T10:00:00Z (in 0 seconds)'],
    [1, '2026-03-02T10:00:01Z (in 1 second)'],
    [59.9, '2026-03-02T10:00:59Z (in 59 seconds)'],
    [60, '2026-03-02T10:01:00Z (in 1 minute)'],
    [3599, '2026-03-02T10:59:59Z (in 59 minutes)'],
    [3600, '2026-03-02T11:00:00Z (in 1 hour)'],
    [86_399, '2026-03-03T09:59:59Z (in 23 hours)'],
    [3 * 86_400, '2026-03-05T10:00:00Z (in 3 days)'],
    [-1, '2026-03-02T09:59:59Z (1 second ago)'],
    [-300, '2026-03-02T09:55:00Z (5 minutes ago)'],
    [-2 * 86_400, '2026-02-28T10:00:00Z (2 days ago)'],
  ])('tells what is %i seconds away', (seconds, text) => {
    expect(formatTime(after(seconds), now)).toBe(text)
  })
})

describe('formatFields()', () => {
  it('puts the values below each other', () => {
    const text = formatFields([
      ['tenant', 'contoso'],
      ['valid until', 'noon'],
    ])
    expect(text).toBe('tenant       contoso\nvalid until  noon')
  })
})

describe('wrapText()', () => {
  it.each([
    ['', []],
    ['one', ['one']],
    ['one two three', ['one two', 'three']],
    ['one  two', ['one two']],
    ['four five', ['four', 'five']],
    ['seventy eight', ['seventy', 'eight']],
    ['incomprehensibilities', ['incompre', 'hensibil', 'ities']],
    ['a incomprehensible b', ['a', 'incompre', 'hensible', 'b']],
  ])('breaks %j into lines of at most eight columns', (text, lines) => {
    expect(wrapText(text, 8)).toEqual(lines)
  })
})

describe('formatHanging()', () => {
  it('begins further lines below the first, within 80 columns', () => {
    const text = formatHanging('  breaks: ', 'word '.repeat(20).trim())
    const [first, second] = ['word '.repeat(14).trim(), 'word '.repeat(6).trim()]
    expect(text).toBe(`  breaks: ${first}\n          ${second}`)
    expect(formatHanging('lead  ', '')).toBe('lead')
  })
})

describe('shortName()', () => {
  it('keeps 24 columns as they are, and beginning and end of more', () => {
    expect(shortName('x'.repeat(24))).toBe('x'.repeat(24))
    expect(shortName('gateway-07.emea.contoso.example')).toBe('gateway-07...oso.example')
    expect(shortName('x'.repeat(63))).toHaveLength(24)
  })
})

describe('formatTable()', () => {
  it('puts columns below each other, and wraps the last one', () => {
    const text = formatTable(
      ['id', 'next step'],
      [
        ['a-long-one', `wait for ${'x'.repeat(20)}, ${'y'.repeat(30)} and more`],
        ['b', ''],
      ],
    )
    expect(text.split('\n')).toEqual([
      'id          next step',
      `a-long-one  wait for ${'x'.repeat(20)}, ${'y'.repeat(30)} and`,
      '            more',
      'b',
    ])
  })

  it('is its header alone without rows', () => {
    expect(formatTable(['a', 'b'], [])).toBe('a  b')
  })
})
