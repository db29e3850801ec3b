import { expect, it } from 'vitest'
import { waitForBundle } from '../../../cli/client/waitForBundle.ts'
import type { TrustBundle } from '../../../lib/bundle/trustBundle.ts'

it.each([
  [undefined, 120_000],
  [3_000, 3_000],
  [0, 0],
])(
  'waitForBundle() waits for a bundle %s ms, and two minutes where nobody says how long',
  async (timeout, waited) => {
    let time = 0
    const world = {
      clock: () => time,
      wait: async (milliseconds: number) => void (time += milliseconds),
    }
    const look = async () => ({ bundle: { sequence: 1 } as TrustBundle, previousSequence: 1, isNew: false })
    const waiting = waitForBundle(look, { atLeast: 2, timeout, world })
    await expect(waiting).toRefuse('service-unavailable', /what is served still is bundle 1/)
    expect(time).toBe(waited)
  },
)
