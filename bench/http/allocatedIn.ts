import type { GCProfilerResult } from 'node:v8'

const total = (numbers: readonly number[]): number => numbers.reduce((sum, one) => sum + one, 0)

/** What a heap held when a profile of its collections began, and when it ended. */
export interface HeapUsed {
  readonly atFirst: number
  readonly atLast: number
}

/** Counts the octets that were allocated: what is used before a collection, and was not after the one before it. */
export const allocatedIn = (
  { statistics }: Pick<GCProfilerResult, 'statistics'>,
  { atFirst, atLast }: HeapUsed,
): number => {
  const before = statistics.map(({ beforeGC }) => beforeGC.heapStatistics.usedHeapSize)
  const after = statistics.map(({ afterGC }) => afterGC.heapStatistics.usedHeapSize)
  return total([...before, atLast]) - total([atFirst, ...after])
}
