import { describe, expect, it } from 'vitest'
import { formatFields, formatTime } from '../../cli/text.ts'

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
