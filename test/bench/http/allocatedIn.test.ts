import { expect, it } from 'vitest'
import { allocatedIn } from '../../../bench/http/allocatedIn.ts'

const heap = (usedHeapSize: number) => ({ heapStatistics: { usedHeapSize } })

type Collection = readonly [before: number, after: number]

it.each<readonly [string, readonly Collection[], number]>([
  ['what is used more, where nothing was collected', [], 30],
  ['what a collection took away too', [[120, 20]], 130],
  [
    'what was allocated between collections',
    [
      [120, 20],
      [70, 60],
    ],
    140,
  ],
])('allocatedIn() counts %s', (_, collections, allocated) => {
  const statistics = collections.map(([before, after]) => ({ beforeGC: heap(before), afterGC: heap(after) }))
  expect(allocatedIn(statistics, { atFirst: 100, atLast: 130 })).toBe(allocated)
})
