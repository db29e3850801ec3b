import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseRfc3339, rfc3339 } from '../../../lib/text/rfc3339.ts'
import { fuzzRuns } from '../../fuzzRuns.ts'

describe('parseRfc3339()', () => {
  it.each([
    ['1970-01-01T00:00:00Z', 0],
    ['2026-03-02T10:00:00Z', 1_772_445_600],
    ['2026-03-02t10:00:00z', 1_772_445_600],
    ['2026-03-02T12:30:00+02:30', 1_772_445_600],
    ['2026-03-02T10:00:00.5Z', 1_772_445_600.5],
    ['2026-03-02T10:00:00.500000000-00:00', 1_772_445_600.5],
    ['2024-02-29T00:00:00Z', 1_709_164_800],
  ])('reads %s', (text, seconds) => expect(parseRfc3339(text)).toBe(seconds))

  it.each([
    '',
    '2026-03-02',
    '2026-03-02T10:00:00',
    '2026-03-02 10:00:00Z',
    '2026-03-02T10:00Z',
    '2026-02-29T00:00:00Z',
    '2026-02-30T00:00:00Z',
    '2026-03-00T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-03-02T24:00:00Z',
    '2026-03-02T23:59:60Z',
    '2026-03-02T10:00:00.Z',
    '2026-03-02T10:00:00+24:00',
    '2026-03-02T10:00:00Z ',
    '+002026-03-02T10:00:00Z',
    'Mon, 02 Mar 2026 10:00:00 GMT',
  ])('does not read %s', (text) => expect(parseRfc3339(text)).toBeUndefined())

  it('reads what rfc3339() writes', () => {
    const times = fc.integer({ min: 0, max: 253_402_300_799 })
    fc.assert(
      fc.property(times, (seconds) => parseRfc3339(rfc3339(new Date(1_000 * seconds))) === seconds),
      { numRuns: fuzzRuns(500) },
    )
  })
})
