import { beforeEach, describe, expect, it } from 'vitest'
import { cachedLookup } from '../../../lib/store/cachedLookup.ts'
import { tablesDown } from './watchTables.ts'

let time: number
let loads: string[]
let load: (key: string) => Promise<string | undefined>
let lookup: ReturnType<typeof cachedLookup<string>>

beforeEach(() => {
  time = 1_000_000
  loads = []
  load = (key) => Promise.resolve(`${key} of ${time}`)
  lookup = cachedLookup<string>({
    load(key) {
      loads.push(key)
      return load(key)
    },
    now: () => time,
    freshMilliseconds: 30_000,
    staleMilliseconds: 600_000,
    absentMilliseconds: 10_000,
    maxAbsent: 3,
  })
})

const down = () => Promise.reject<string>(tablesDown())
const broken = () => Promise.reject<string>(new TypeError('a defect'))
const absent = () => Promise.resolve(undefined)

/** Lets background loads end. */
const settle = () => new Promise((resolve) => setImmediate(resolve))

describe('cachedLookup()', () => {
  it('loads a key once for many callers at once, and each key apart', async () => {
    const answers = await Promise.all(['a', 'a', 'b', 'a'].map((key) => lookup.get(key)))
    expect(answers).toEqual(['a of 1000000', 'a of 1000000', 'b of 1000000', 'a of 1000000'])
    expect(loads).toEqual(['a', 'b'])
  })

  it('answers from memory while the answer is less than half its life old', async () => {
    await lookup.get('a')
    time += 14_999
    expect(await lookup.get('a')).toBe('a of 1000000')
    await settle()
    expect(loads).toHaveLength(1)
  })

  it('refreshes behind the back of its callers from half the life on', async () => {
    await lookup.get('a')
    time += 15_000
    expect(await Promise.all([lookup.get('a'), lookup.get('a')])).toEqual(['a of 1000000', 'a of 1000000'])
    await settle()
    expect(loads).toHaveLength(2)
    expect(await lookup.get('a')).toBe('a of 1015000')
  })

  it('never serves an answer of its full life while the tables answer', async () => {
    await lookup.get('a')
    time += 30_000
    expect(await lookup.get('a')).toBe('a of 1030000')
  })

  it('counts the age of an answer from when its load began', async () => {
    load = (key) => {
      const loaded = `${key} of ${time}`
      time += 20_000
      return Promise.resolve(loaded)
    }
    await lookup.get('a')
    time += 10_000
    expect(await lookup.get('a')).toBe('a of 1030000')
  })

  it('remembers an absence for its own time, and not longer', async () => {
    load = absent
    expect(await lookup.get('a')).toBeUndefined()
    load = () => Promise.resolve('made')
    time += 9_999
    expect(await lookup.get('a')).toBeUndefined()
    expect(loads).toHaveLength(1)
    time += 1
    expect(await lookup.get('a')).toBe('made')
  })

  it('forgets the oldest of too many absences', async () => {
    load = absent
    for (const key of ['a', 'b', 'c', 'd']) await lookup.get(key)
    expect(loads).toHaveLength(4)
    for (const key of ['b', 'c', 'd']) await lookup.get(key)
    expect(loads).toHaveLength(4)
    await lookup.get('a')
    expect(loads).toHaveLength(5)
  })

  it('does not forget what is there for a flood of what is not', async () => {
    await lookup.get('a')
    load = absent
    for (let index = 0; index < 100; index++) await lookup.get(`unknown ${index}`)
    loads.length = 0
    expect(await lookup.get('a')).toBe('a of 1000000')
    expect(loads).toEqual([])
  })

  it('notices that what was there is gone', async () => {
    await lookup.get('a')
    load = absent
    time += 30_000
    expect(await lookup.get('a')).toBeUndefined()
    time += 1
    expect(await lookup.get('a')).toBeUndefined()
    expect(loads).toHaveLength(2)
  })

  it('answers stale while the tables are down, and tries again every 2 s', async () => {
    await lookup.get('a')
    load = down
    time += 590_000
    expect(await lookup.get('a')).toBe('a of 1000000')
    time += 1_999
    expect(await lookup.get('a')).toBe('a of 1000000')
    expect(loads).toHaveLength(2)
    time += 1
    expect(await lookup.get('a')).toBe('a of 1000000')
    expect(loads).toHaveLength(3)
    load = (key) => Promise.resolve(`${key} again`)
    time += 2_000
    expect(await lookup.get('a')).toBe('a again')
  })

  it('refuses while the tables are down and nothing was loaded before, and asks again at once', async () => {
    load = down
    await expect(lookup.get('a')).toRefuse('tables-unavailable')
    await expect(lookup.get('a')).toRefuse('tables-unavailable')
    expect(loads).toHaveLength(2)
  })

  it('does not answer when the tables have been down for so long that the answer is too old', async () => {
    await lookup.get('a')
    load = down
    time += 599_999
    expect(await lookup.get('a')).toBe('a of 1000000')
    time += 1
    await expect(lookup.get('a')).toRefuse('tables-unavailable')
    load = (key) => Promise.resolve(`${key} again`)
    expect(await lookup.get('a')).toBe('a again')
  })

  it('passes a defect on and does not answer stale for it', async () => {
    load = broken
    await expect(lookup.get('a')).rejects.toThrow('a defect')
    load = (key) => Promise.resolve(key)
    await lookup.get('a')
    load = broken
    time += 15_000
    expect(await lookup.get('a')).toBe('a')
    await settle()
    time += 15_000
    await expect(lookup.get('a')).rejects.toThrow('a defect')
  })

  it('does not take a failed load for an absence', async () => {
    load = down
    await expect(lookup.get('a')).toRefuse('tables-unavailable')
    load = (key) => Promise.resolve(key)
    expect(await lookup.get('a')).toBe('a')
  })
})

describe('cachedLookup() under a flood of keys that nobody knows', () => {
  /** Loads of these keys do not end until `go` is called. */
  const hold = (isHeld: (key: string) => boolean) => {
    const { promise, resolve } = Promise.withResolvers<undefined>()
    load = (key) => (isHeld(key) ? promise : Promise.resolve(`${key} of ${time}`))
    return { go: () => resolve(undefined) }
  }

  const flood = (count: number) => {
    const all = Array.from({ length: count }, (_, index) => lookup.get(`unknown ${index}`))
    for (const one of all) one.catch(() => undefined)
    return all
  }

  it('loads four of them at a time, and what is known at once', async () => {
    await lookup.get('a')
    const { go } = hold((key) => key.startsWith('unknown'))
    const all = flood(50)
    await settle()
    expect(loads).toEqual(['a', 'unknown 0', 'unknown 1', 'unknown 2', 'unknown 3'])
    time += 30_000
    expect(await lookup.get('a')).toBe('a of 1030000')
    go()
    expect(await Promise.all(all)).toEqual(Array.from({ length: 50 }, () => undefined))
  })

  it('lets what is new wait for its turn, and counts its age from then', async () => {
    const { go } = hold((key) => key.startsWith('unknown'))
    void flood(50)
    const added = lookup.get('new')
    time += 5_000
    go()
    expect(await added).toBe('new of 1005000')
  })

  it('turns away more than 1,000 that wait, at once', async () => {
    const { go } = hold((key) => key.startsWith('unknown'))
    const all = flood(1_005)
    await expect(all[1_004]).toRefuse('overloaded', /too much is asked for that is not known/)
    go()
    expect(await Promise.all(all.slice(0, 1_004))).toHaveLength(1_004)
    expect(await lookup.get('a')).toBe('a of 1000000')
  })
})
