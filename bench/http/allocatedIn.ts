/** One collection of garbage as `GCProfiler` of node:v8 tells of it. */
interface Collection {
  readonly beforeGC: { readonly heapStatistics: { readonly usedHeapSize: number } }
  readonly afterGC: { readonly heapStatistics: { readonly usedHeapSize: number } }
}

/** What a heap held when a profile of its collections began, and when it ended. */
export interface HeapUsed {
  readonly atFirst: number
  readonly atLast: number
}

const total = (numbers: readonly number[]): number => numbers.reduce((sum, one) => sum + one, 0)

/** Counts the octets that were allocated: what is used before a collection, and was not after the one before it. */
export const allocatedIn = (collections: readonly Collection[], { atFirst, atLast }: HeapUsed): number => {
  const before = collections.map(({ beforeGC }) => beforeGC.heapStatistics.usedHeapSize)
  const after = collections.map(({ afterGC }) => afterGC.heapStatistics.usedHeapSize)
  return total([...before, atLast]) - total([atFirst, ...after])
}
