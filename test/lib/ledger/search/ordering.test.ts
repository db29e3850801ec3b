import { describe, expect, it } from 'vitest'
import { inOrderWhileFew } from '../../../../lib/ledger/search/ordering.ts'

const compare = (a: number, b: number) => a - b

const rowsOf = (values: readonly number[]) => {
  const state = { given: 0 }
  const rows = (async function* () {
    for (const value of values) {
      state.given += 1
      yield await Promise.resolve(value)
    }
  })()
  return { rows, state }
}

describe('inOrderWhileFew()', () => {
  it.each([[[]], [[3]], [[3, 1, 2]]])('puts %j into order', async (values: number[]) => {
    const onMany = () => expect.unreachable()
    const { rows } = rowsOf(values)
    const ordered = await Array.fromAsync(inOrderWhileFew(rows, { limit: 3, compare, onMany }))
    expect(ordered).toEqual(values.toSorted(compare))
  })

  it('lets more than the limit come as they are, says so once, and holds no more of them', async () => {
    const { rows, state } = rowsOf([5, 4, 3, 2, 1, 0])
    let told = 0
    const seen: (readonly [value: number, given: number])[] = []
    for await (const value of inOrderWhileFew(rows, { limit: 3, compare, onMany: () => (told += 1) }))
      seen.push([value, state.given])
    expect(told).toBe(1)
    expect(seen).toEqual([
      [5, 4],
      [4, 4],
      [3, 4],
      [2, 4],
      [1, 5],
      [0, 6],
    ])
  })
})
