import { describe, expect, it } from 'vitest'
import { overloaded } from '../../../lib/admission/overloaded.ts'

describe('overloaded()', () => {
  it('says what there is too much of, and when to come again: not all at once', () => {
    const at = [0, 0.25, 0.5, 0.75, 1].map((chance) => overloaded('too many users', chance))
    expect(at.map(({ options }) => options.retryAfterSeconds)).toEqual([1, 2, 3, 4, 5])
    expect(at[0]).toMatchObject({
      code: 'overloaded',
      status: 503,
      detail: 'Cannot enroll now: too many users.',
    })
  })
})
