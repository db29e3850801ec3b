import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { openTurns, type Turns, type TurnsOptions } from '../../../lib/admission/turns.ts'
import { fuzzRuns } from '../../fuzzRuns.ts'

let others: (() => void)[]
let began: string[]

beforeEach(() => {
  others = []
  began = []
})

const turns = (changes: Partial<TurnsOptions> = {}): Turns =>
  openTurns({
    mostWaitingOfTenant: 1_000,
    chance: () => 0.5,
    afterOthers: (callback) => void others.push(callback),
    ...changes,
  })

const settle = () => new Promise((resolve) => setImmediate(resolve))

/** Lets whatever else the process has to do have its turn, once. */
const pass = async (): Promise<void> => {
  for (const callback of others.splice(0)) callback()
  await settle()
}

/** Takes a turn, and tells when it began. */
const take = (gate: Turns, tenant: string, name = tenant): Promise<void> =>
  gate.take(tenant).then(() => void began.push(name))

const crowd = (gate: Turns, tenant: string, count: number): readonly Promise<void>[] =>
  Array.from({ length: count }, (_, index) => take(gate, tenant, `${tenant}${index}`))

describe('openTurns()', () => {
  it('lets one begin at once, and one more whenever the others had their turn', async () => {
    const gate = turns()
    void crowd(gate, 'a', 3)
    await settle()
    expect([began, gate.depth]).toEqual([['a0'], 2])
    await pass()
    await pass()
    expect([began, gate.depth]).toEqual([['a0', 'a1', 'a2'], 0])
  })

  it('counts those that came one by one too: a pass is a pass', async () => {
    const gate = turns()
    await take(gate, 'a')
    void take(gate, 'a')
    await settle()
    expect(began).toHaveLength(1)
    await pass()
    expect(began).toHaveLength(2)
  })

  it('asks for nothing while nobody is there', async () => {
    const gate = turns()
    await take(gate, 'a')
    expect(others).toHaveLength(1)
    await pass()
    expect(others).toHaveLength(0)
    await take(gate, 'a')
    expect([began.length, gate.depth]).toEqual([2, 0])
  })

  it('lets nobody wait behind the crowd before another door', async () => {
    const gate = turns()
    void crowd(gate, 'a', 1_000)
    void take(gate, 'b')
    void take(gate, 'c')
    for (let passes = 0; passes < 5; passes++) await pass()
    expect(began).toEqual(['a0', 'a1', 'b', 'c', 'a2', 'a3'])
  })

  it('turns away who comes to a full row, and leaves room for others, however many wait there', async () => {
    const gate = turns({ mostWaitingOfTenant: 3 })
    void crowd(gate, 'a', 1 + 3)
    await expect(gate.take('a')).toRefuse('overloaded', /too many requests wait/)
    void take(gate, 'b')
    expect(gate.depth).toBe(4)
    await pass()
    void take(gate, 'a')
    await expect(gate.take('a')).toRefuse('overloaded')
    await pass()
    expect(began).toEqual(['a0', 'a1', 'b'])
  })

  it('lets the rest of the process go on between turns', async () => {
    const gate = turns({ afterOthers: setImmediate })
    let passes = 0
    let isOver = false
    const look = (): void => {
      passes += 1
      if (!isOver) setImmediate(look)
    }
    setImmediate(look)
    await Promise.all(crowd(gate, 'a', 100))
    isOver = true
    expect(passes).toBeGreaterThanOrEqual(98)
  })

  it('is fair, whatever comes: nobody begins twice while another tenant waits', async () => {
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom('a', 'b', 'c', 'd') },
      { weight: 1, arbitrary: fc.constant('pass' as const) },
    )
    const property = fc.asyncProperty(fc.array(step, { maxLength: 80 }), async (steps) => {
      others = []
      began = []
      const gate = turns()
      const asked: string[] = []
      const waiting = new Map<string, number>()
      const since = new Map<string, Set<string>>()
      const account = (from: number): void => {
        for (const tenant of began.slice(from)) {
          for (const [other, served] of since) {
            if (other === tenant || (waiting.get(other) ?? 0) === 0) continue
            expect(served.has(tenant)).toBe(false)
            served.add(tenant)
          }
          since.delete(tenant)
          const left = (waiting.get(tenant) ?? 0) - 1
          waiting.set(tenant, left)
          if (left > 0) since.set(tenant, new Set())
        }
      }
      const follow = async (action: () => unknown): Promise<void> => {
        const from = began.length
        action()
        await Promise.resolve()
        await Promise.resolve()
        expect(began.length - from).toBeLessThanOrEqual(1)
        account(from)
      }
      const passOn = () => follow(() => others.splice(0).forEach((callback) => callback()))
      for (const one of steps) {
        if (one === 'pass') {
          await passOn()
          continue
        }
        asked.push(one)
        waiting.set(one, (waiting.get(one) ?? 0) + 1)
        if (!since.has(one)) since.set(one, new Set())
        await follow(() => take(gate, one))
        expect(gate.depth).toBe(asked.length - began.length)
      }
      for (let passes = 0; gate.depth > 0; passes++) {
        expect(passes).toBeLessThanOrEqual(asked.length)
        await passOn()
      }
      expect(began.toSorted()).toEqual(asked.toSorted())
    })
    await fc.assert(property, { numRuns: fuzzRuns(200) })
  })
})
