import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, it } from 'vitest'
import { ensureReport } from '../../../bench/ensure/ensureReport.ts'
import type { EnsureResults } from '../../../bench/ensure/measureEnsure.ts'

const program = fileURLToPath(new URL('../../../bench/ensure.ts', import.meta.url))

/** What a program does where nothing is to be done, beside the same Node.js that does nothing. */
const measured = ['node -e 0', 'mayfly.mjs agent ensure', 'mayfly.mjs --version']
const built = ['node -e 0 of the executable', 'mayfly-linux-x64 agent ensure', 'mayfly-linux-x64 --version']

describe.skipIf(process.platform === 'win32')('the bench of agent ensure, run quickly,', () => {
  let results: EnsureResults

  beforeAll(async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [program, '--quick', '--json'])
    results = JSON.parse(stdout) as EnsureResults
  })

  it('measures the one file, and the executable where it was built, each beside its own Node.js', () => {
    const names = results.rows.map(({ name }) => name)
    expect(names).toEqual([...measured, ...(results.isBuilt ? built : [])])
    for (const { name, elapsed, processor, timesNode } of results.rows) {
      expect(elapsed.least).toBeGreaterThan(0)
      expect(elapsed.median).toBeGreaterThanOrEqual(elapsed.least)
      expect(processor.median).toBeGreaterThan(0)
      const isFloor = name.startsWith('node -e 0')
      expect(timesNode.elapsed.median === 1 && timesNode.processor.median === 1).toBe(isFloor)
    }
  })

  it('finds that to ensure is less than to open the whole program', () => {
    const [, ensure, whole] = results.rows
    expect(ensure?.processor.least).toBeLessThan(whole?.processor.least ?? NaN)
  })

  it('prints a line for each, and names what was not measured', () => {
    const lines = ensureReport(results).split('\n')
    for (const { name } of results.rows)
      expect(lines.filter((line) => line.startsWith(`  ${name}  `))).toHaveLength(1)
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(128)
    expect(ensureReport({ ...results, isBuilt: false })).toContain('npm run build:cli')
    expect(ensureReport({ ...results, isBuilt: true })).not.toContain('npm run build:cli')
  })
})
