import { describe, expect, it } from 'vitest'
import { allocatedIn, parseProcessorTicks, parseResidentOctets } from '../../../bench/http/processCost.ts'

/** A line of proc(5): utime is its 14th field, stime the 15th. */
const stat = (name: string) =>
  `4242 (${name}) S 1 4242 4242 0 -1 4194304 900 17 3 4 120 34 56 78 20 0 11 0 123456 999424 512 18446744073709551615`

describe('parseProcessorTicks()', () => {
  it.each(['node', 'a b', 'x) R 1 2 3', '((', ''])(
    'adds user and system time of a program called %j',
    (name) => {
      expect(parseProcessorTicks(stat(name))).toBe(154)
    },
  )

  it('refuses what is no such line', () => {
    expect(() => parseProcessorTicks('4242 (node) S 1')).toThrow('no times')
  })
})

describe('parseResidentOctets()', () => {
  it('reads what is resident, and not the most that ever was', () => {
    expect(parseResidentOctets('Name:\tnode\nVmHWM:\t   9000 kB\nVmRSS:\t   2048 kB\nThreads:\t11\n')).toBe(
      2_097_152,
    )
  })

  it('refuses a status without it', () => {
    expect(() => parseResidentOctets('Name:\tkthreadd\n')).toThrow('no VmRSS')
  })
})

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
