import { beforeEach, describe, expect, it } from 'vitest'
import { openDeadline, type Wait } from '../../../lib/deadline/deadline.ts'
import { Refusal } from '../../../lib/errors/refusal.ts'
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

  it('takes nothing for fresh that was loaded before the clock was set back', async () => {
    await lookup.get('a')
    time -= 600_000
    expect(await lookup.get('a')).toBe('a of 400000')
    load = down
    time -= 1
    await expect(lookup.get('a')).toRefuse('tables-unavailable')
  })

  it('takes nothing for absent that was absent before the clock was set back', async () => {
    load = absent
    await lookup.get('a')
    time -= 600_000
    await lookup.get('a')
    expect(loads).toHaveLength(2)
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

describe('cachedLookup() waits as its caller does', () => {
  let waited: string[]
  const waiting =
    (name: string): Wait =>
    (answer) => {
      waited.push(name)
      return answer()
    }
  const get = (key: string) => lookup.get(key, waiting('known'), waiting('unknown'))

  beforeEach(() => void (waited = []))

  it('in one way for what was never loaded, in another for what must be loaded anew, and not for what is known', async () => {
    await get('a')
    time += 15_000
    await get('a')
    await settle()
    expect(waited).toEqual(['unknown'])
    time += 30_000
    expect(await get('a')).toBe('a of 1045000')
    load = absent
    await get('b')
    await get('b')
    expect(waited).toEqual(['unknown', 'known', 'unknown'])
  })

  it('and goes on loading when that stops waiting', async () => {
    const { promise, resolve } = Promise.withResolvers<string>()
    load = () => promise
    await expect(lookup.get('a', (answer, late) => openDeadline(1, () => 0).within(answer(), late))).toRefuse(
      'tables-unavailable',
      /did not answer in time/,
    )
    resolve('late')
    expect(await lookup.get('a')).toBe('late')
    expect(loads).toEqual(['a'])
  })

  it('and loads nothing where there is no place to wait in', async () => {
    const full: Wait = () => Promise.reject(new Refusal('overloaded', 'Cannot answer now: a test says so.'))
    await expect(lookup.get('a', waiting('known'), full)).toRefuse('overloaded')
    expect([loads, waited]).toEqual([[], []])
  })
})
