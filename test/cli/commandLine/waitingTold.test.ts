import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { waitingTold } from '../../../cli/commandLine/waitingTold.ts'

describe('waitingTold()', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  const bench = () => {
    const shown: string[] = []
    const waiting = waitingTold((text) => void shown.push(text))
    const wait = (text: string, milliseconds: number, act = async () => {}) =>
      waiting(text, async () => {
        await act()
        await new Promise((resolve) => setTimeout(resolve, milliseconds))
        return text
      })
    return { shown, waiting, wait }
  }

  it('tells nothing of what takes a second at the most', async () => {
    const { shown, wait } = bench()
    const done = wait('the service', 999)
    await vi.advanceTimersByTimeAsync(5_000)
    expect(await done).toBe('the service')
    expect(shown).toEqual([])
  })

  it('tells of what takes longer, and takes that away', async () => {
    const { shown, wait } = bench()
    const done = wait('the service', 3_000)
    await vi.advanceTimersByTimeAsync(2_000)
    expect(shown).toEqual(['the service ...'])
    await vi.advanceTimersByTimeAsync(5_000)
    await done
    expect(shown).toEqual(['the service ...', ''])
  })

  it('tells of what was begun last, and then again of what was begun before', async () => {
    const { shown, wait } = bench()
    const done = wait('the service', 2_000, async () => void (await wait('the token', 2_000)))
    await vi.advanceTimersByTimeAsync(10_000)
    await done
    expect(shown).toEqual(['the token ...', '', 'the service ...', ''])
  })

  it('goes on telling of what is left when something else ends, whichever was begun first', async () => {
    const { shown, wait } = bench()
    const done = Promise.all([wait('the first', 500), wait('the second', 4_000)])
    await vi.advanceTimersByTimeAsync(10_000)
    await done
    expect(shown).toEqual(['the second ...', ''])
  })

  it('keeps no process alive to tell something', async () => {
    // By no spy: that, on a time that stands still, leaves all files after it in the process without timers that ring.
    const standing = globalThis.setTimeout
    const begun: NodeJS.Timeout[] = []
    globalThis.setTimeout = new Proxy(standing, {
      apply(target, self, given: Parameters<typeof standing>) {
        const timer = Reflect.apply(target, self, given)
        begun.push(timer)
        return timer
      },
    })
    const { waiting } = bench()
    const hasRef = await waiting('the service', async () => begun[0]?.hasRef())
    globalThis.setTimeout = standing
    expect(hasRef).toBe(false)
  })

  it('takes it away where that fails, too', async () => {
    const { shown, waiting } = bench()
    const failing = waiting('the service', async () => {
      await new Promise((resolve) => setTimeout(resolve, 1_500))
      throw new Error('away')
    })
    const caught = failing.catch((error: unknown) => error)
    await vi.advanceTimersByTimeAsync(10_000)
    expect(await caught).toMatchObject({ message: 'away' })
    expect(shown).toEqual(['the service ...', ''])
  })
})
