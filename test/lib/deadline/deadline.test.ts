import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Refusal } from '../../../lib/errors/refusal.ts'
import { budgetOf, withinMilliseconds } from '../../../lib/deadline/deadline.ts'

let time: number

beforeEach(() => {
  time = 5_000
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
})
afterEach(() => vi.useRealTimers())

const late = () => new Refusal('tables-unavailable', 'Cannot enroll: too late.')
const never = new Promise<never>(() => undefined)

/** Lets time pass, on the clock and for timers. */
const pass = async (milliseconds: number): Promise<void> => {
  time += milliseconds
  await vi.advanceTimersByTimeAsync(milliseconds)
}

describe('budgetOf()', () => {
  it('counts down from when it was made, and not below 0', () => {
    const budget = budgetOf(1_000, () => time)
    expect(budget.remaining()).toBe(1_000)
    time += 999
    expect(budget.remaining()).toBe(1)
    time += 2
    expect(budget.remaining()).toBe(0)
  })

  it('waits as long as there is time, and not a millisecond longer', async () => {
    const budget = budgetOf(1_000, () => time)
    await pass(400)
    const outcome = vi.fn<(error: unknown) => void>()
    budget.within(never, late).catch(outcome)
    await pass(599)
    expect(outcome).not.toHaveBeenCalled()
    await pass(1)
    expect(outcome).toHaveBeenCalledWith(expect.objectContaining({ code: 'tables-unavailable' }))
  })

  it('keeps a reserve for what comes after', async () => {
    const budget = budgetOf(1_000, () => time)
    const outcome = vi.fn<(error: unknown) => void>()
    budget.within(never, late, 300).catch(outcome)
    await pass(699)
    expect(outcome).not.toHaveBeenCalled()
    await pass(1)
    expect(outcome).toHaveBeenCalledOnce()
    expect(budget.remaining()).toBe(300)
  })

  it('takes an answer that is there when the time is over, and no other', async () => {
    const budget = budgetOf(1_000, () => time)
    time += 2_000
    await expect(budget.within(Promise.resolve('there'), late)).resolves.toBe('there')
    const refused = expect(budget.within(never, late)).toRefuse('tables-unavailable')
    await pass(1)
    await refused
  })
})

describe('withinMilliseconds()', () => {
  it('leaves no timer behind, whatever comes of it: a process could not end', async () => {
    await withinMilliseconds(Promise.resolve(1), 60_000, late)
    await expect(withinMilliseconds(Promise.reject(new Error('down')), 60_000, late)).rejects.toThrow('down')
    const refused = expect(withinMilliseconds(never, 60_000, late)).toRefuse('tables-unavailable')
    expect(vi.getTimerCount()).toBe(1)
    await pass(60_000)
    await refused
    expect(vi.getTimerCount()).toBe(0)
  })

  it('drops what comes later, be it an answer or a failure', async () => {
    const { promise, reject } = Promise.withResolvers<never>()
    const refused = expect(withinMilliseconds(promise, 10, late)).toRefuse('tables-unavailable')
    await pass(10)
    await refused
    // An unhandled rejection would fail the test run.
    reject(new Error('too late for anybody'))
    await pass(1)
  })
})
