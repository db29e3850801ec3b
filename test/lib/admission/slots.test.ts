import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Slots, slotsOf, type SlotsOptions } from '../../../lib/admission/slots.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
afterEach(() => vi.useRealTimers())

const limits = { total: 4, ofTenant: 3, ofSubject: 2, maxWaitingOfTenant: 5, chance: () => 0.5 }
const slotsWith = (changes: Partial<SlotsOptions> = {}): Slots => slotsOf({ ...limits, ...changes })

let subjects = 0
const anybody = () => `subject ${(subjects += 1)}`

/** What gives the slots back, of those that were served; in the order of their service. */
interface Served {
  readonly tenant: string
  readonly release: () => void
}

const served: Served[] = []
beforeEach(() => void served.splice(0))

const acquire = async (slots: Slots, tenant: string, milliseconds = 1_000): Promise<void> => {
  served.push({ tenant, release: await slots.acquire({ tenant, subject: anybody() }, milliseconds) })
}

const crowd = (slots: Slots, tenant: string, count: number): void => {
  for (let i = 0; i < count; i++) acquire(slots, tenant).catch(() => undefined)
}

const settle = () => vi.advanceTimersByTimeAsync(0)
const tenants = () => served.map(({ tenant }) => tenant).join('')

describe('slotsOf()', () => {
  it('gives out so many slots, and the next when one is given back', async () => {
    const slots = slotsWith({ ofTenant: 4 })
    crowd(slots, 'a', 6)
    await settle()
    expect([served.length, slots.depth]).toEqual([4, { running: 4, waiting: 2 }])
    served[1]?.release()
    await settle()
    expect([served.length, slots.depth]).toEqual([5, { running: 4, waiting: 1 }])
  })

  it('gives one back once, however often that is asked', async () => {
    const slots = slotsWith({ ofTenant: 4 })
    crowd(slots, 'a', 6)
    await settle()
    for (let i = 0; i < 3; i++) served[0]?.release()
    await settle()
    expect([served.length, slots.depth]).toEqual([5, { running: 4, waiting: 1 }])
  })

  it('keeps some for others, whatever one tenant does', async () => {
    const slots = slotsWith()
    crowd(slots, 'a', 8)
    await settle()
    expect(tenants()).toBe('aaa')
    crowd(slots, 'b', 1)
    await settle()
    expect(tenants()).toBe('aaab')
  })

  it('serves the tenant next that has the fewest, each in the order of its requests', async () => {
    const slots = slotsWith({ ofTenant: 4 })
    crowd(slots, 'a', 9)
    crowd(slots, 'b', 2)
    crowd(slots, 'c', 2)
    await settle()
    for (let i = 0; i < 8; i++) {
      served[i]?.release()
      await settle()
    }
    expect(tenants()).toBe('aaaabcabcaaa')
    expect(slots.depth).toEqual({ running: 4, waiting: 1 })
  })

  it('lets tenants that have equally many take turns', async () => {
    const slots = slotsWith({ total: 1 })
    for (const tenant of ['a', 'a', 'a', 'b', 'c', 'c', 'b', 'a']) crowd(slots, tenant, 1)
    await settle()
    for (let i = 0; i < 7; i++) {
      served[i]?.release()
      await settle()
    }
    expect(tenants()).toBe('aabcabca')
  })

  it('turns away a tenant with a full row, and no other', async () => {
    const slots = slotsWith()
    crowd(slots, 'a', 3 + 5)
    await expect(acquire(slots, 'a')).toRefuse('overloaded', /too many requests of the tenant wait/)
    await acquire(slots, 'b')
    expect(slots.depth).toEqual({ running: 4, waiting: 5 })
  })

  it('lets a subject have two, those it waits for included, and tells when to come again', async () => {
    const slots = slotsWith({ total: 1 })
    const [alice, bob] = ['alice', 'bob'].map((subject) => ({ tenant: 'a', subject }))
    if (!alice || !bob) throw new Error('Nobody is there.')
    const first = await slots.acquire(alice, 1_000)
    const second = slots.acquire(alice, 1_000)
    await expect(slots.acquire(alice, 1_000)).toRefuse('subject-busy', /2 certificates of the user/)
    await expect(slots.acquire(alice, 1_000)).rejects.toMatchObject({ options: { retryAfterSeconds: 2 } })
    const other = slots.acquire(bob, 1_000)
    first()
    const third = slots.acquire(alice, 1_000)
    ;(await second)()
    ;(await other)()
    ;(await third)()
    expect(slots.depth).toEqual({ running: 0, waiting: 0 })
    for (let i = 0; i < 3; i++) (await slots.acquire(alice, 1_000))()
  })

  it('gives up after the time that a request has for it, and leaves no trace', async () => {
    const slots = slotsWith({ total: 1 })
    await acquire(slots, 'a')
    const late = vi.fn<(error: unknown) => void>()
    slots.acquire({ tenant: 'b', subject: 'bob' }, 500).catch(late)
    await vi.advanceTimersByTimeAsync(499)
    expect(late).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(1)
    expect(late).toHaveBeenCalledWith(expect.objectContaining({ code: 'overloaded' }))
    expect(slots.depth).toEqual({ running: 1, waiting: 0 })
    served[0]?.release()
    expect(slots.depth).toEqual({ running: 0, waiting: 0 })
    const bob = { tenant: 'b', subject: 'bob' }
    // Bob has as many as before he gave up.
    const first = await slots.acquire(bob, 1_000)
    const second = slots.acquire(bob, 1_000)
    await expect(slots.acquire(bob, 1_000)).toRefuse('subject-busy')
    first()
    ;(await second)()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('serves those behind one that gave up', async () => {
    const slots = slotsWith({ total: 1 })
    await acquire(slots, 'a')
    acquire(slots, 'b', 100).catch(() => undefined)
    acquire(slots, 'b', 1_000).catch(() => undefined)
    await vi.advanceTimersByTimeAsync(100)
    served[0]?.release()
    await settle()
    expect(tenants()).toBe('ab')
    expect(slots.depth).toEqual({ running: 1, waiting: 0 })
  })

  it('keeps no timer for a request that was served: a process could not end', async () => {
    const slots = slotsWith({ total: 1 })
    crowd(slots, 'a', 2)
    await settle()
    expect(vi.getTimerCount()).toBe(1)
    served[0]?.release()
    expect(vi.getTimerCount()).toBe(0)
  })
})
