import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { late, openDeadline } from '../../../lib/deadline/deadline.ts'

let time: number

beforeEach(() => void (time = 5_000))

const clock = () => time
const never = new Promise<never>(() => undefined)
const tooLate = late('tables-unavailable', 'the tables')

afterEach(() => void vi.useRealTimers())

describe('openDeadline()', () => {
  it('counts down from when it was opened, and not below 0', () => {
    const deadline = openDeadline(1_000, clock)
    expect(deadline.remaining()).toBe(1_000)
    time += 999
    expect(deadline.remaining()).toBe(1)
    time += 2
    expect(deadline.remaining()).toBe(0)
  })

  it('ends its signal, and all waiting with it, when the time is over', async () => {
    const deadline = openDeadline(20, clock)
    expect(deadline.signal.aborted).toBe(false)
    await expect(deadline.within(never, tooLate)).toRefuse(
      'tables-unavailable',
      /the tables did not answer in time/,
    )
    expect(deadline.signal.aborted).toBe(true)
    await expect(deadline.within(never, tooLate)).toRefuse('tables-unavailable')
  })

  it('ends no other waiting for the same answer: the work goes on', async () => {
    const { promise, resolve } = Promise.withResolvers<string>()
    const patient = openDeadline(60_000, clock).within(promise, tooLate)
    await expect(openDeadline(1, clock).within(promise, tooLate)).toRefuse('tables-unavailable')
    resolve('there')
    await expect(patient).resolves.toBe('there')
  })

  it('takes an answer that is there when the time is over, and no other', async () => {
    const deadline = openDeadline(1_000, clock)
    time += 2_000
    await expect(deadline.within(Promise.resolve('there'), tooLate)).resolves.toBe('there')
    await expect(deadline.within(never, tooLate)).toRefuse('tables-unavailable')
  })

  it.each(['before', 'after'])(
    'says who was late, though its signal was asked for %s the waiting and ends the call',
    async (when) => {
      const deadline = openDeadline(20, clock)
      if (when === 'before') expect(deadline.signal.aborted).toBe(false)
      const call = Promise.resolve().then(
        () =>
          new Promise<never>((_, reject) => {
            deadline.signal.addEventListener('abort', () => reject(new Error('The call was ended.')))
          }),
      )
      await expect(deadline.within(call, tooLate)).toRefuse('tables-unavailable')
    },
  )

  it('gives a part no more than is left, less what is kept for later', () => {
    const deadline = openDeadline(1_000, clock)
    time += 400
    expect(deadline.part({}).remaining()).toBe(600)
    expect(deadline.part({ milliseconds: 100 }).remaining()).toBe(100)
    expect(deadline.part({ milliseconds: 900, reserveMilliseconds: 150 }).remaining()).toBe(450)
    expect(deadline.part({ reserveMilliseconds: 700 }).remaining()).toBe(0)
  })

  it('drops what comes later, be it an answer or a failure', async () => {
    const { promise, reject } = Promise.withResolvers<never>()
    await expect(openDeadline(1, clock).within(promise, tooLate)).toRefuse('tables-unavailable')
    // An unhandled rejection would fail the test run.
    reject(new Error('too late for anybody'))
    await new Promise((resolve) => setImmediate(resolve))
  })

  it('runs a timer for each that waits and for its signal, and for nothing else', async () => {
    vi.useFakeTimers()
    const deadline = openDeadline(60_000, clock)
    deadline.part({})
    expect(vi.getTimerCount()).toBe(0)
    deadline.within(never, tooLate).catch(() => undefined)
    expect(vi.getTimerCount()).toBe(1)
    await deadline.within(Promise.resolve(1), tooLate)
    await expect(deadline.within(Promise.reject(new Error('down')), tooLate)).rejects.toThrow('down')
    expect(vi.getTimerCount()).toBe(1)
    expect(deadline.signal).toBe(deadline.signal)
    expect(vi.getTimerCount()).toBe(2)
  })

  it('ends a signal that is asked for late at once', () => {
    const deadline = openDeadline(1_000, clock)
    time += 1_000
    expect(deadline.signal.aborted).toBe(true)
  })
})
