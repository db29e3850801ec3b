import { describe, expect, it } from 'vitest'
import { standingDrops } from '../../../client/drops/standingDrops.ts'
import { at, dropOf } from '../guard/guardWorld.ts'

describe('standingDrops()', () => {
  const drops = [dropOf({ until: at(330) }), dropOf({ value: 'bob' })]

  it('takes what is over by the clock of the service, counted on, out of a list that nobody confirms', () => {
    const told = { time: at(10), clock: 5_000 }
    expect(standingDrops(drops, told, 324_999)).toEqual(drops)
    expect(standingDrops(drops, told, 325_000)).toEqual(drops.slice(1))
  })

  it('takes a list for what it is while it is confirmed, whatever time was told with it', () => {
    const told = { time: at(86_400), clock: 5_000 }
    expect(standingDrops(drops, told, 305_000)).toEqual(drops)
    expect(standingDrops(drops, told, 305_001)).toEqual(drops.slice(1))
  })

  it('lets nobody off where the service told no time, or none that can be read', () => {
    expect(standingDrops(drops, undefined, 1e12)).toEqual(drops)
    expect(standingDrops(drops, { time: new Date(Number.NaN), clock: 0 }, 1e12)).toEqual(drops)
  })
})
