import { expect, it } from 'vitest'
import { httpReport } from '../../../bench/http/httpReport.ts'

const row = (name: string) => ({
  name,
  requestsPerSecond: 12_345,
  processor: 12.345,
  latency50: 123.4,
  latency95: 234.5,
  latency99: 3456.7,
  allocated: name === 'cfssl' ? undefined : 512 * 1024,
  resident: 345 * 1024 ** 2,
})

const latencies = { median: 123.45, latency99: 1234.56 }

it('httpReport() has a line for each contender and each peer that is missing, of at most 128 columns', () => {
  const lines = httpReport({
    node: 'v24.0.0',
    processor: 'a processor',
    processors: 2,
    date: '2026-01-01T00:00:00.000Z',
    rounds: 9,
    seconds: 2,
    warmUpRequests: 1,
    connections: 16,
    memory: [{ requests: 100_000, resident: 345 * 1024 ** 2, heap: 34 * 1024 ** 2 }],
    contenders: [row('Mayfly, stub'), row('cfssl')],
    missing: ['step-ca, badger (no step-ca-http on the PATH)'],
    ratios: [{ name: 'cfssl', processor: 12.345, requestsPerSecond: 0.5 }],
    handler: { alone: 1, overHttp: 2, part: 0.5 },
    notModified: { contenders: [row('304')], requestsPerSecond: 0.25, perProcessorSecond: 0.2 },
    latency: {
      signMilliseconds: 10,
      tableMilliseconds: 5,
      results: [{ connections: 16, floor: latencies, mayfly: latencies, added: latencies }],
    },
  }).split('\n')
  const linesOf = (name: string) => lines.filter((line) => line.startsWith(`  ${name}`))
  expect(linesOf('Mayfly, stub')).toEqual([expect.stringMatching(/ 12345 +12\.345 +123\.4 .* 512 +345$/)])
  // Of a program that does not tell what it allocates nothing is told.
  expect(linesOf('cfssl')).toEqual([
    expect.stringMatching(/ - +345$/),
    expect.stringMatching(/ 0\.50x +12\.35x$/),
  ])
  expect(linesOf('not measured: step-ca, badger (no step-ca-http on the PATH)')).toHaveLength(1)
  expect(linesOf('100000')).toEqual([expect.stringMatching(/ 345 +34$/)])
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(128)
})
