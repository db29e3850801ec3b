import { beforeEach, describe, expect, it } from 'vitest'
import { type Deadline, late, openDeadline } from '../../../lib/deadline/deadline.ts'

let time: number

beforeEach(() => void (time = 5_000))

const clock = () => time
const never = new Promise<never>(() => undefined)
const tooLate = late('tables-unavailable', 'the tables')

/** How many listeners a deadline has that waits for nothing any more would show as a leak. */
const watched = (deadline: Deadline) => {
  let listeners = 0
  const { signal } = deadline
  const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)]
  signal.addEventListener = (...asked: Parameters<typeof add>) => {
    listeners += 1
    add(...asked)
  }
  signal.removeEventListener = (...asked: Parameters<typeof remove>) => {
    listeners -= 1
    remove(...asked)
  }
  return () => listeners
}

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

  it('leaves nothing behind at a signal that lives on, whatever came of the answer', async () => {
    const deadline = openDeadline(60_000, clock)
    const listeners = watched(deadline)
    const answer = deadline.within(never, tooLate)
    answer.catch(() => undefined)
    expect(listeners()).toBe(1)
    await deadline.within(Promise.resolve(1), tooLate)
    await expect(deadline.within(Promise.reject(new Error('down')), tooLate)).rejects.toThrow('down')
    expect(listeners()).toBe(1)
  })
})
