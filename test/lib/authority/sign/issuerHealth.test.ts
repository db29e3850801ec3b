import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { issuerHealth } from '../../../../lib/authority/sign/issuerHealth.ts'
import { Refusal } from '../../../../lib/errors/refusal.ts'

let time: number
let health: ReturnType<typeof issuerHealth>

beforeEach(() => {
  time = 1_000_000
  health = issuerHealth(() => time)
})

const orderOf = (ids: readonly string[], chance = 0) => health.order(ids, (id) => id, chance)
const mayTry = (id: string): boolean => {
  try {
    return orderOf([id]).length === 1
  } catch {
    return false
  }
}

/** How long an issuer rests that has just failed, in milliseconds. */
const restOf = (id: string): number => {
  const start = time
  while (!mayTry(id) && time - start < 100_000) time += 1
  const rest = time - start
  time = start
  return rest
}

describe('an issuer that fails', () => {
  it('rests twice as long each time, from 1 s to 30 s', () => {
    const rests: number[] = []
    for (let count = 0; count < 8; count++) {
      health.failed('a')
      rests.push(restOf('a'))
      time += restOf('a')
      expect(health.claim('a')).toBe(true)
    }
    expect(rests).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000])
  })

  it('rests for a second again after it was well', () => {
    for (let count = 0; count < 4; count++) {
      health.failed('a')
      time += 30_000
      health.claim('a')
    }
    health.succeeded('a')
    health.failed('a')
    expect(restOf('a')).toBe(1_000)
  })

  it('rests for as long as its key asks, at most 30 s and never less than it would', () => {
    health.failed('a', 5_000)
    expect(restOf('a')).toBe(5_000)
    health.failed('b', 3_600_000)
    expect(restOf('b')).toBe(30_000)
    health.failed('c', 10)
    expect(restOf('c')).toBe(1_000)
  })

  it('fails once for all requests that were under way', () => {
    for (let count = 0; count < 50; count++) health.failed('a')
    expect(restOf('a')).toBe(1_000)
    time += 999
    health.failed('a')
    time += 1
    expect(mayTry('a')).toBe(true)
    health.failed('a')
    expect(restOf('a')).toBe(2_000)
  })

  it('does not touch another', () => {
    health.failed('a')
    expect([mayTry('a'), mayTry('b')]).toEqual([false, true])
  })
})

describe('an issuer that rested', () => {
  beforeEach(() => {
    health.failed('a')
  })

  it('is probed by exactly one request, which goes there first', () => {
    expect(health.claim('a')).toBe(false)
    time += 1_000
    for (const chance of [0, 0.5, 1]) expect(orderOf(['b', 'a', 'c'], chance)[0]).toBe('a')
    expect([health.claim('a'), health.claim('a'), health.claim('a')]).toEqual([true, false, false])
    expect(orderOf(['b', 'a', 'c']).toSorted()).toEqual(['b', 'c'])
  })

  it('is like any other once the probe succeeded', () => {
    time += 1_000
    health.claim('a')
    health.succeeded('a')
    expect([health.claim('a'), health.claim('a')]).toEqual([true, true])
    expect(orderOf(['a', 'b'], 0.9)).toEqual(['b', 'a'])
  })

  it('rests again, for longer, once the probe failed; then one more request probes it', () => {
    time += 1_000
    health.claim('a')
    health.failed('a')
    time += 1_999
    expect(health.claim('a')).toBe(false)
    time += 1
    expect([health.claim('a'), health.claim('a')]).toEqual([true, false])
  })

  it('is not probed by a request that claims nothing', () => {
    time += 1_000
    expect(orderOf(['a', 'b'])[0]).toBe('a')
    expect(orderOf(['a', 'b'])[0]).toBe('a')
    expect(health.claim('a')).toBe(true)
  })
})

describe('order()', () => {
  it('spreads evenly over those that are well, by chance', () => {
    const first = new Map<string, number>()
    const draws = 3_000
    for (let count = 0; count < draws; count++) {
      const [id = ''] = orderOf(['a', 'b', 'c'], count / (draws - 1))
      first.set(id, (first.get(id) ?? 0) + 1)
    }
    for (const share of first.values()) expect(Math.abs(share - draws / 3)).toBeLessThanOrEqual(2)
    expect(first.size).toBe(3)
  })

  it('spreads evenly over the rest as well when one rests', () => {
    health.failed('b')
    const first = Array.from({ length: 100 }, (_, index) => orderOf(['a', 'b', 'c'], index / 99)[0])
    expect(first.filter((id) => id === 'a')).toHaveLength(50)
    expect(first.filter((id) => id === 'c')).toHaveLength(50)
  })

  it('tells every issuer that may be tried once, whatever the chance', () => {
    const ids = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { minLength: 1 })
    fc.assert(
      fc.property(ids, fc.double({ min: 0, max: 1, noNaN: true }), (known, chance) => {
        expect(orderOf(known, chance).toSorted()).toEqual(known.toSorted())
      }),
    )
  })

  it('tells one issuer to probe before those that are well, and other sick ones after them', () => {
    for (const id of ['a', 'b', 'c']) health.failed(id)
    time += 1_000
    const probed = new Set<string>()
    for (const chance of [0, 0.2, 0.4, 0.6, 0.8, 1]) {
      const [probe = '', ...rest] = orderOf(['a', 'b', 'well', 'c', 'fine'], chance)
      probed.add(probe)
      expect(rest.slice(0, 2).toSorted()).toEqual(['fine', 'well'])
    }
    expect([...probed].toSorted()).toEqual(['a', 'b', 'c'])
  })

  it('does not reorder what it is given', () => {
    const ids = ['a', 'b', 'c']
    orderOf(ids, 0.5)
    expect(ids).toEqual(['a', 'b', 'c'])
  })
})

/** Seconds that a client is told to wait when all issuers rest. */
const retryAfter = (ids: readonly string[], chance: number): number | undefined => {
  try {
    orderOf(ids, chance)
    return undefined
  } catch (error) {
    if (error instanceof Refusal && error.code === 'issuer-unavailable')
      return error.options.retryAfterSeconds
    throw error
  }
}

describe('when every issuer rests', () => {
  it('order() refuses with issuer-unavailable', () => {
    health.failed('a')
    health.failed('b')
    expect(() => orderOf(['a', 'b'])).toRefuse(
      'issuer-unavailable',
      /every issuer failed a moment ago and rests/,
    )
  })

  it('clients come again around the time when the first has rested, not all at once', () => {
    health.failed('a', 20_000)
    health.failed('b', 10_000)
    const waits = [0, 0.25, 0.5, 0.75, 1].map((chance) => retryAfter(['a', 'b'], chance))
    expect(waits).toEqual([6, 9, 11, 14, 16])
  })

  it('and after a few seconds while another request probes', () => {
    health.failed('a')
    time += 5_000
    health.claim('a')
    expect([0, 1].map((chance) => retryAfter(['a'], chance))).toEqual([2, 4])
  })
})
