import { describe, expect, it } from 'vitest'
import { checkDenyUntil, parseDenyReason } from '../../../lib/tenant/denyTerms.ts'
import { testTime } from '../../world.ts'
import { after } from './denials.ts'

describe('parseDenyReason()', () => {
  it.each([
    ['a'],
    ['the laptop is lost'],
    ['Laptop verloren - Größe M 💻'],
    ['x'.repeat(200)],
    ['💻'.repeat(200)],
  ])('takes %j', (reason) => {
    expect(parseDenyReason(reason)).toBe(reason)
  })

  it('takes no space around a reason', () => {
    expect(parseDenyReason(' lost ')).toBe('lost')
  })

  it.each([
    [''],
    ['  '],
    ['x'.repeat(201)],
    ['two\nlines'],
    ['a\tb'],
    ['a\u0000b'],
    ['a\u001b[31mb'],
    ['a\u0085b'],
    ['a\u2028b'],
    ['a\u202eb'],
    ['a\ud800b'],
  ])('refuses %j', (reason) => {
    expect(() => parseDenyReason(reason)).toRefuse('usage-wrong', /1 to 200 characters/)
  })
})

describe('checkDenyUntil()', () => {
  it('takes a time in the future alone', () => {
    expect(checkDenyUntil(after(1), testTime)).toEqual(after(1))
    for (const time of [testTime, after(-1)])
      expect(() => checkDenyUntil(time, testTime)).toRefuse('usage-wrong', /which is past/)
  })
})
