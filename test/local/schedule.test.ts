import { describe, expect, it } from 'vitest'
import { parseNcrontab } from '../../local/schedule.ts'

const next = (expression: string, after: string): string =>
  parseNcrontab(expression).next(new Date(after)).toISOString().replace('.000Z', 'Z')

describe('parseNcrontab()', () => {
  it.each([
    ['17 23 * * * *', '2026-03-02T10:00:00Z', '2026-03-02T10:23:17Z'],
    ['17 23 * * * *', '2026-03-02T10:23:16.999Z', '2026-03-02T10:23:17Z'],
    ['17 23 * * * *', '2026-03-02T10:23:17Z', '2026-03-02T11:23:17Z'],
    ['17 23 * * * *', '2026-12-31T23:59:59Z', '2027-01-01T00:23:17Z'],
    ['* * * * * *', '2026-03-02T10:00:00.001Z', '2026-03-02T10:00:01Z'],
    ['*/15 * * * * *', '2026-03-02T10:00:45Z', '2026-03-02T10:01:00Z'],
    ['0 */7 * * * *', '2026-03-02T10:56:00Z', '2026-03-02T11:00:00Z'],
    ['0 0,30 8,20 * * *', '2026-03-02T08:00:00Z', '2026-03-02T08:30:00Z'],
    ['0 0,30 8,20 * * *', '2026-03-02T08:30:00Z', '2026-03-02T20:00:00Z'],
    ['0 0 0 1 * *', '2026-03-02T00:00:00Z', '2026-04-01T00:00:00Z'],
    ['0 0 0 * * 0', '2026-03-02T00:00:00Z', '2026-03-08T00:00:00Z'],
    ['0 0 0 29 2 *', '2026-03-02T00:00:00Z', '2028-02-29T00:00:00Z'],
    ['0 0 0 */10 * *', '2026-03-02T00:00:00Z', '2026-03-11T00:00:00Z'],
    ['  0  0 12 31 12 * ', '2026-03-02T00:00:00Z', '2026-12-31T12:00:00Z'],
  ])('"%s" comes after %s at %s', (expression, after, expected) =>
    expect(next(expression, after)).toBe(expected),
  )

  it.each([
    ['0 * * * *', /5 fields, not 6/],
    ['', /fields, not 6/],
    ['0 0 0 0 0 0 0', /7 fields/],
    ['60 * * * * *', /second is "60"/],
    ['0 60 * * * *', /minute is "60"/],
    ['0 0 24 * * *', /hour is "24"/],
    ['0 0 0 0 * *', /day is "0"/],
    ['0 0 0 * 13 *', /month is "13"/],
    ['0 0 0 * * 7', /day of week is "7"/],
    ['0 1-5 * * * *', /minute is "1-5"/],
    ['0 0 0 * * MON', /day of week is "MON"/],
    ['0 0 0 * JAN *', /month is "JAN"/],
    ['*/0 * * * * *', /second is "\*\/0"/],
    ['5/10 * * * * *', /second is "5\/10"/],
    ['1, * * * * *', /second is "1,"/],
    ['-1 * * * * *', /second is "-1"/],
    ['1.5 * * * * *', /second is "1.5"/],
    ['? * * * * *', /second is "\?"/],
    ['00:05:00', /1 fields/],
    ['%Schedule%', /1 fields/],
    ['0 0 0 30 2 *', /its time never comes/],
  ])('refuses "%s"', (expression, why) => expect(() => parseNcrontab(expression)).toThrow(why))
})
