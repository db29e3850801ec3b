import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { tokenBucket } from '../../../lib/admission/tokenBucket.ts'
import { fuzzRuns } from '../../fuzzRuns.ts'

const allowed = (attempts: number, isAllowed: () => boolean): number =>
  Array.from({ length: attempts }, isAllowed).filter(Boolean).length

describe('tokenBucket()', () => {
  it('allows a burst, then so much a second', () => {
    let time = 0
    const bucket = tokenBucket({ capacity: 50, perSecond: 5, clock: () => time })
    expect(allowed(200, bucket)).toBe(50)
    time += 199
    expect(allowed(10, bucket)).toBe(0)
    time += 1
    expect(allowed(10, bucket)).toBe(1)
    time += 1_000
    expect(allowed(10, bucket)).toBe(5)
  })

  it('saves up no more than a burst', () => {
    let time = 0
    const bucket = tokenBucket({ capacity: 3, perSecond: 5, clock: () => time })
    time += 3_600_000
    expect(allowed(10, bucket)).toBe(3)
  })

  it('allows nothing more because a clock is set back', () => {
    let time = 10_000
    const bucket = tokenBucket({ capacity: 2, perSecond: 1, clock: () => time })
    expect(allowed(5, bucket)).toBe(2)
    time -= 5_000
    expect(allowed(5, bucket)).toBe(0)
    time += 1_000
    expect(allowed(5, bucket)).toBe(1)
  })

  it('allows no more in any stretch of time than a burst and what the stretch gives', () => {
    const steps = fc.array(fc.record({ wait: fc.nat(2_000), attempts: fc.nat(20) }), { maxLength: 60 })
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 20 }), steps, (...drawn) => {
        const [capacity, perSecond, all] = drawn
        let time = 0
        const bucket = tokenBucket({ capacity, perSecond, clock: () => time })
        const at: number[] = []
        for (const { wait, attempts } of all) {
          time += wait
          at.push(...Array.from({ length: allowed(attempts, bucket) }, () => time))
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
