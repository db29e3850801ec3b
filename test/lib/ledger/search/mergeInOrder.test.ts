import { describe, expect, it } from 'vitest'
import { mergeInOrder } from '../../../../lib/ledger/search/searchRefusals.ts'

const numbers = (a: number, b: number) => a - b

/** Sources that tell which of them ended, and how many values they gave. */
const watched = (...lists: readonly (readonly (number | Error)[])[]) => {
  const state = { given: 0, ended: 0 }
  const sources = lists.map(async function* (list) {
    try {
      for (const value of list) {
        if (value instanceof Error) throw value
        state.given += 1
        yield await Promise.resolve(value)
      }
    } finally {
      state.ended += 1
    }
  })
  return { state, sources }
}

describe('mergeInOrder()', () => {
  it('merges what is in order, equal values of each source included', async () => {
    const { sources, state } = watched([1, 4, 4, 9], [], [2, 4], [0, 10, 11])
    expect(await Array.fromAsync(mergeInOrder(sources, numbers))).toEqual([0, 1, 2, 4, 4, 4, 9, 10, 11])
    expect(state).toEqual({ given: 9, ended: 4 })
  })

  it('merges nothing', async () => {
    expect(await Array.fromAsync(mergeInOrder([], numbers))).toEqual([])
  })

  it('holds one value of each source, and ends them all when nobody takes more', async () => {
    const { sources, state } = watched([1, 4, 7], [2, 5, 8], [3, 6, 9])
    for await (const value of mergeInOrder(sources, numbers)) if (value === 2) break
    expect(state).toEqual({ given: 4, ended: 3 })
  })

  it('fails when a source does, and ends the others', async () => {
    const { sources, state } = watched([1, 4], [2, new Error('gone')], [3, 6])
    await expect(Array.fromAsync(mergeInOrder(sources, numbers))).rejects.toThrow('gone')
    expect(state.ended).toBe(3)
    const early = watched([new Error('gone')], [2, 5])
    await expect(Array.fromAsync(mergeInOrder(early.sources, numbers))).rejects.toThrow('gone')
    expect(early.state.ended).toBe(2)
  })
})
