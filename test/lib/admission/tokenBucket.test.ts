import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { namedBuckets, tokenBucket } from '../../../lib/admission/tokenBucket.ts'
import { fuzzRuns } from '../../fuzzRuns.ts'

const allowed = (attempts: number, isAllowed: () => boolean): number =>
  Array.from({ length: attempts }, isAllowed).filter(Boolean).length

describe('tokenBucket()', () => {
  it('allows a burst, then so much a second', () => {
    let instant = 0
    const bucket = tokenBucket({ capacity: 50, perSecond: 5, clock: () => instant })
    expect(allowed(200, bucket)).toBe(50)
    instant += 199
    expect(allowed(10, bucket)).toBe(0)
    instant += 1
    expect(allowed(10, bucket)).toBe(1)
    instant += 1_000
    expect(allowed(10, bucket)).toBe(5)
  })

  it('saves up no more than a burst', () => {
    let instant = 0
    const bucket = tokenBucket({ capacity: 3, perSecond: 5, clock: () => instant })
    instant += 3_600_000
    expect(allowed(10, bucket)).toBe(3)
  })

  it('allows nothing more because a clock is set back', () => {
    let instant = 10_000
    const bucket = tokenBucket({ capacity: 2, perSecond: 1, clock: () => instant })
    expect(allowed(5, bucket)).toBe(2)
    instant -= 5_000
    expect(allowed(5, bucket)).toBe(0)
    instant += 1_000
    expect(allowed(5, bucket)).toBe(1)
  })

  it('allows no more in any stretch of time than a burst and what the stretch gives', () => {
    const steps = fc.array(fc.record({ wait: fc.nat(2_000), attempts: fc.nat(20) }), { maxLength: 60 })
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 20 }), steps, (...drawn) => {
        const [capacity, perSecond, all] = drawn
        let instant = 0
        const bucket = tokenBucket({ capacity, perSecond, clock: () => instant })
        const at: number[] = []
        for (const { wait, attempts } of all) {
          instant += wait
          at.push(...Array.from({ length: allowed(attempts, bucket) }, () => instant))
        }
        for (const [first, from] of at.entries())
          for (const [last, to] of at.entries())
            if (last >= first)
              expect(last - first + 1).toBeLessThanOrEqual(
                capacity + ((to - from) / 1_000) * perSecond + 1e-6,
              )
      }),
      { numRuns: fuzzRuns(100) },
    )
  })
})

describe('namedBuckets()', () => {
  it('says how long to wait, of each name for itself', () => {
    let instant = 0
    const wait = namedBuckets({ capacity: 1, perSecond: 0.1, maxNames: 9, clock: () => instant })
    expect([wait('one'), wait('other'), wait('one')]).toEqual([0, 0, 10])
    instant += 4_000
    expect(wait('one')).toBeCloseTo(6)
    instant += 6_000
    expect(wait('one')).toBe(0)
  })

  it('forgets whoever came last the longest time ago', () => {
    const wait = namedBuckets({ capacity: 1, perSecond: 0.1, maxNames: 2, clock: () => 0 })
    expect(['one', 'two', 'one', 'three', 'one', 'two'].map(wait)).toEqual([0, 0, 10, 0, 10, 0])
  })
})
