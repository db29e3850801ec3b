import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, it } from 'vitest'
import { floodReport } from '../../bench/floodReport.ts'
import type { FloodResults } from '../../bench/measureFloods.ts'
import { floodKinds } from '../e2e/floodKinds.ts'

const program = fileURLToPath(new URL('../../bench/flood.ts', import.meta.url))

/** Runs the bench; rejects when it exits with anything but 0. */
const bench = async (...options: readonly string[]): Promise<string> =>
  (await promisify(execFile)(process.execPath, [program, ...options])).stdout

describe('the flood bench, run quickly', () => {
  let results: FloodResults

  beforeAll(async () => {
    results = JSON.parse(await bench('--quick', '--json')) as FloodResults
  })

  it('measures every kind of flood: success and latency, with and without', () => {
    expect(results.floods.map(({ name }) => name)).toEqual(floodKinds.map(({ name }) => name))
    for (const { success, medianLatency, latencyOf95Percent, floodRequestsPerSecond } of results.floods) {
      expect(success).toEqual({ peace: 1, flooded: 1 })
      const numbers = [...Object.values(medianLatency), ...Object.values(latencyOf95Percent)]
      expect([...numbers, floodRequestsPerSecond].every((one) => one > 0 && one < Infinity)).toBe(true)
    }
  })

  it('prints a line for each, of at most 128 columns', () => {
    const lines = floodReport(results).split('\n')
    for (const { name } of floodKinds)
      expect(lines.filter((line) => line.startsWith(`  ${name}  `))).toHaveLength(1)
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(128)
  })
})

it('the flood bench tells its options', async () => {
  expect(await bench('--help')).toMatch(/npm run bench:flood -- --quick[^]*npm run bench:flood -- --json/)
})
