import { describe, expect, it } from 'vitest'
import { parseReason } from '../../../lib/tenant/actor.ts'

describe('parseReason()', () => {
  it.each([
    ['a'],
    ['the laptop is lost'],
    ['Laptop verloren - Größe M 💻'],
    ['x'.repeat(200)],
    ['💻'.repeat(200)],
  ])('takes %j', (reason) => {
    expect(parseReason(reason)).toBe(reason)
  })

  it('takes no space around a reason', () => {
    expect(parseReason(' lost ')).toBe('lost')
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
    expect(() => parseReason(reason)).toRefuse('usage-wrong', /1 to 200 characters/)
  })
})
