import { describe, expect, it } from 'vitest'
import type { Contender } from '../../../bench/http/contender.ts'
import type { LoadThread } from '../../../bench/http/loadThread.ts'
import {
  type HttpSample,
  measureRounds,
  ratioOf,
  summarizeRounds,
} from '../../../bench/http/measureRounds.ts'

const sampleOf = (changes: Partial<HttpSample>): HttpSample => ({
  requestsPerSecond: 100,
  processor: 1,
  latency50: 1,
  latency95: 2,
  latency99: 3,
  allocated: undefined,
  resident: 1,
  ...changes,
})

const roundsOf = (name: string, processor: readonly number[]) => ({
  name,
  samples: processor.map((one) => sampleOf({ processor: one })),
})

describe('ratioOf()', () => {
  it('is the median of the ratios of the rounds, which noise that hits both leaves alone', () => {
    // The machine was three times as slow in one round: the ratio of the medians would be 1.5.
    const [one, other] = [roundsOf('one', [2, 6, 3]), roundsOf('other', [1, 3, 2])]
    expect(ratioOf('processor', one, other)).toBe(2)
  })
})

describe('summarizeRounds()', () => {
  it('gives the median of each figure', () => {
    const samples = [1, 9, 4].map((latency99) => sampleOf({ latency99, allocated: 10 * latency99 }))
    expect(summarizeRounds({ name: 'x', samples })).toMatchObject({ latency99: 4, allocated: 40 })
  })

  it('says nothing of allocations that nobody counted', () => {
    expect(summarizeRounds(roundsOf('x', [1, 2])).allocated).toBeUndefined()
  })
})

/** Answers as it is told, without any server. */
const loadThat = (status: string, asked: string[]): LoadThread => ({
  send({ url, requests }) {
    asked.push(`${url} ${requests.length}`)
    return Promise.resolve({ answers: { [status]: requests.length }, milliseconds: requests.map(() => 1) })
  },
  [Symbol.asyncDispose]: () => Promise.resolve(),
})

const contenderOf = (name: string): Contender => ({
  name,
  server: { url: name, pid: process.pid, [Symbol.asyncDispose]: () => Promise.resolve() },
  status: '201',
  makeRequests: (count) => Promise.resolve(Array.from({ length: count }, () => ({ path: '/', headers: {} }))),
})

describe.runIf(process.platform === 'linux')('measureRounds()', () => {
  const thoroughness = { rounds: 2, seconds: 0, warmUpRequests: 7, connections: 3 }

  it('warms each up, and then asks one after the other in each round', async () => {
    const asked: string[] = []
    const measured = await measureRounds(
      [contenderOf('a'), contenderOf('b')],
      loadThat('201', asked),
      thoroughness,
    )
    expect(asked).toEqual(['a 7', 'b 7', 'a 3', 'b 3', 'a 3', 'b 3'])
    expect(measured.map(({ name, samples }) => [name, samples.length])).toEqual([
      ['a', 2],
      ['b', 2],
    ])
  })

  it('measures no refusals, which would look fast', async () => {
    await expect(measureRounds([contenderOf('a')], loadThat('503', []), thoroughness)).rejects.toThrow(
      'Cannot measure a: it answered {"503":7}, not 201 to each.',
    )
  })
})
