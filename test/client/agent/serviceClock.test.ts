import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { openServiceClock } from '../../../client/agent/serviceClock.ts'

const minute = 60_000

/** A machine whose two clocks a test moves. */
const machine = (aheadSeconds = 0) => {
  let [wall, steady] = [1_000_000_000_000, 5_000]
  const clock = openServiceClock({ now: () => new Date(wall), clock: () => steady }, aheadSeconds)
  return {
    clock,
    now: () => clock.now().getTime() - 1_000_000_000_000,
    learn: (time: number) => clock.learn(new Date(1_000_000_000_000 + time)),
    pass: (milliseconds: number) => {
      wall += milliseconds
      steady += milliseconds
    },
    set: (milliseconds: number) => (wall += milliseconds),
    sleep: (milliseconds: number) => (wall += milliseconds),
  }
}

describe('openServiceClock()', () => {
  it('counts what passed while the clock is set back, forward, and while the machine sleeps', () => {
    const { now, pass, set, sleep } = machine()
    pass(minute)
    expect(now()).toBe(minute)
    set(-60 * minute)
    pass(minute)
    expect(now()).toBe(2 * minute)
    sleep(30 * minute)
    // Told too late is told never: what the wall clock made up for is not known to be a mistake.
    expect(now()).toBe(32 * minute)
  })

  it('takes the word of the service, both ways, but for what an answer takes', () => {
    const { now, learn } = machine()
    expect(learn(5_000)).toBe(0)
    expect(now()).toBe(0)
    expect(learn(90 * minute)).toBe(5_400)
    expect(now()).toBe(90 * minute)
    expect(learn(-90 * minute)).toBe(-5_400)
    expect(now()).toBe(-90 * minute)
  })

  it('begins with what is believed, both ways', () => {
    expect(machine(600).now()).toBe(10 * minute)
    expect(machine(-600).now()).toBe(-10 * minute)
  })

  it('tells jumps once, and sums up small ones', () => {
    const { clock, set, pass, sleep } = machine()
    expect(clock.jumpedMilliseconds()).toBe(0)
    set(-2 * minute)
    expect(clock.jumpedMilliseconds()).toBe(-2 * minute)
    expect(clock.jumpedMilliseconds()).toBe(0)
    sleep(4_000)
    pass(minute)
    expect(clock.jumpedMilliseconds()).toBe(0)
    set(4_000)
    expect(clock.jumpedMilliseconds()).toBe(8_000)
  })

  it('never goes back, and is never slower than what passed, whatever is done to the machine', () => {
    const happening = fc.oneof(
      fc.record({ kind: fc.constant('pass' as const), by: fc.integer({ min: 0, max: 1e8 }) }),
      fc.record({ kind: fc.constant('sleep' as const), by: fc.integer({ min: 0, max: 1e8 }) }),
      fc.record({ kind: fc.constant('set' as const), by: fc.integer({ min: -1e9, max: 1e9 }) }),
    )
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 20 }), (all) => {
        const tested = machine()
        let before = tested.now()
        for (const { kind, by } of all) {
          tested[kind](by)
          const now = tested.now()
          expect(now - before).toBeGreaterThanOrEqual(kind === 'set' ? 0 : by)
          before = now
        }
      }),
    )
  })
})
