import { describe, expect, it } from 'vitest'
import { type Around, type Kept, runAgent } from '../../../client/agent/runAgent.ts'
import { Refusal } from '../../../lib/errors/refusal.ts'
import { simulatedTime } from './simulatedTime.ts'

const begin = new Date('2026-03-02T08:00:00Z')
const at = (seconds: number): Date => new Date(begin.getTime() + seconds * 1000)

/** Runs an agent for some minutes of what does this at each look. @returns when it looked, in seconds, and what was told. */
const running = async (
  minutes: number,
  look: (around: Around) => Promise<Date> | Date,
  happen: (time: ReturnType<typeof simulatedTime>) => void = () => undefined,
) => {
  const time = simulatedTime(begin, 2)
  const stop = new AbortController()
  const looks: { readonly at: number; readonly hasChanged: boolean }[] = []
  const kept: Kept = {
    subject: '/ada',
    aheadSeconds: async () => 0,
    look: async (around) => {
      looks.push({ at: (time.now().getTime() - begin.getTime()) / 1000, hasChanged: around.hasChanged })
      return look(around)
    },
  }
  time.at(at(60 * minutes), () => stop.abort())
  happen(time)
  await time.run(() => runAgent([kept], time.world, stop.signal))
  return { looks, events: time.events }
}

describe('runAgent()', () => {
  it('looks again when it is time', async () => {
    const { looks } = await running(11, ({ clock }) => new Date(clock.now().getTime() + 200_000))
    expect(looks.map((look) => look.at)).toEqual([0, 200, 400, 600])
  })

  it('looks once a second at the most, whatever a look says', async () => {
    const { looks } = await running(1, () => new Date(0))
    expect(looks.length).toBeGreaterThan(50)
    expect(looks.length).toBeLessThanOrEqual(61)
  })

  it.each([
    ['a Refusal', new Refusal('folder-busy', 'Cannot use it.'), { code: 'folder-busy' }, 'Cannot use it.'],
    ['a fault', new Error('EIO: i/o error'), { code: 'fault' }, /EIO/],
  ])('goes on after %s, a minute or two later, and tells it', async (_, error, facts, text) => {
    const { looks, events } = await running(10, () => Promise.reject(error))
    expect(looks.length).toBeGreaterThanOrEqual(5)
    expect(looks.length).toBeLessThanOrEqual(11)
    expect(events[0]).toMatchObject({ kind: 'failed', level: 'error', subject: '/ada', facts })
    expect(events[0]?.text).toMatch(text)
  })

  it('looks within a quarter of a minute when the network or the clock changed, and says which', async () => {
    const { looks, events } = await running(
      60,
      () => at(7_200),
      (time) => {
        time.at(at(601), () => time.setNetwork('wlan0 198.51.100.4/24'))
        time.at(at(1_201), () => time.setClock(-3_600_000))
        time.at(at(1_801), () => time.sleep(600_000))
      },
    )
    expect(looks.map(({ hasChanged }) => hasChanged)).toEqual([false, true, true, true])
    const [, moved = 0, setBack = 0, woke = 0] = looks.map((look) => look.at)
    for (const [found, wanted] of [
      [moved, 601],
      [setBack, 1_201],
      [woke, 2_401],
    ] as const) {
      expect(found).toBeGreaterThanOrEqual(wanted)
      expect(found).toBeLessThanOrEqual(wanted + 15)
    }
    expect(events.map(({ kind }) => kind)).toEqual(['network-changed', 'clock-jumped', 'clock-jumped'])
  })
})
