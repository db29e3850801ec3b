import { describe, expect, it } from 'vitest'
import { atMost } from '../../../lib/store/atMost.ts'

const gateOf = (running: number, waiting: number) =>
  atMost({ running, waiting, full: () => new Error('It is full.') })

const settle = () => new Promise((resolve) => setImmediate(resolve))

/** Work that ends when a test says so. */
const works = (count: number) => {
  const begun: number[] = []
  const all = Array.from({ length: count }, (_, index) => {
    const { promise, resolve, reject } = Promise.withResolvers<number>()
    const work = () => {
      begun.push(index)
      return promise
    }
    return { work, end: () => resolve(index), fail: () => reject(new Error(`It failed: ${index}.`)) }
  })
  return { begun, all }
}

describe('atMost()', () => {
  it('runs so many at once, and the others in the order they came', async () => {
    const gate = gateOf(2, 10)
    const { begun, all } = works(5)
    const results = all.map(({ work }) => gate.run(work))
    await settle()
    expect(begun).toEqual([0, 1])
    all[1]?.end()
    await settle()
    expect(begun).toEqual([0, 1, 2])
    for (const one of all) one.end()
    expect(await Promise.all(results)).toEqual([0, 1, 2, 3, 4])
    expect(begun).toEqual([0, 1, 2, 3, 4])
  })

  it('turns away who comes when as many wait as may', async () => {
    const gate = gateOf(1, 2)
    const { begun, all } = works(4)
    const results = all.map(({ work }) => gate.run(work))
    await expect(results[3]).rejects.toThrow('It is full.')
    for (const one of all) one.end()
    await Promise.all(results.slice(0, 3))
    expect(begun).toEqual([0, 1, 2])
  })

  it('has the room again of work that failed, or threw at once', async () => {
    const gate = gateOf(1, 2)
    const { all } = works(1)
    const failed = gate.run(all[0]?.work ?? (() => Promise.resolve(0)))
    const next = gate.run(() => {
      throw new TypeError('a defect')
    })
    all[0]?.fail()
    await expect(failed).rejects.toThrow('It failed: 0.')
    await expect(next).rejects.toThrow('a defect')
    for (let i = 0; i < 5; i++) expect(await gate.run(() => Promise.resolve(i))).toBe(i)
  })
})
