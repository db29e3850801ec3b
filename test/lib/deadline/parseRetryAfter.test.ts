import { describe, expect, it } from 'vitest'
import { parseRetryAfter } from '../../../lib/deadline/parseRetryAfter.ts'

describe('parseRetryAfter()', () => {
  it.each([
    ['7', 7],
    ['2.128', 3],
    ['0', 1],
    ['3600', 60],
    ['', undefined],
    [null, undefined],
    ['-1', undefined],
    ['1e3', undefined],
    ['Wed, 21 Oct 2026 07:28:00 GMT', undefined],
  ])('reads %j as %j', (header, seconds) => {
    expect(parseRetryAfter(header)).toBe(seconds)
  })
})
