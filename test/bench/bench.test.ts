import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, it } from 'vitest'
import { report } from '../../bench/report.ts'
import type { Results } from '../../bench/results.ts'

const program = fileURLToPath(new URL('../../bench/pipeline.ts', import.meta.url))

/** Runs the bench; rejects when it exits with anything but 0. */
const bench = async (...options: readonly string[]): Promise<string> =>
  (await promisify(execFile)(process.execPath, [program, ...options])).stdout

/** What issuing a certificate consists of, and what it is measured against. */
const measured = {
  floor: [
    'RS256 verify, 2048 bits (token)',
    'P-256 verify (token, where ES256)',
    'P-256 verify (CSR)',
    'P-256 sign (issuer)',
    'P-256 verify (self-verification)',
    'floor, RS256 token',
    'floor, ES256 token',
  ],
  stages: [
    'token verified (RS256)',
    'CSR decoded (PEM)',
    'CSR verified (DER, key, possession)',
    'decided',
    'prepared (written and linted)',
    'signed (local key)',
    'self-verified',
    'certificate assembled',
    'ledger rows encoded',
    'all stages, one after the other',
  ],
  parts: [
    'token verified, where ES256',
    'CSR key parsed and imported',
    'TBSCertificate written',
    'TBSCertificate linted',
  ],
  decisions: [
    '3 policies, all of which apply',
    '50 policies, all of which apply',
    '250 policies, all of which apply',
    '50 policies, three of which apply',
    '250 policies, three of which apply',
    '195 networks of 2000 ranges',
  ],
  around: ['request read (JSON)', 'reply encoded (JSON)', 'reply encoded (PEM)'],
  whole: [
    'enroll(), RS256 token',
    'enroll(), ES256 token',
    'request through serve(), RS256 token',
    'in enroll(), but in no stage',
  ],
}

const compared = [
  'leaf made and signed',
  'CSR parsed and verified',
  'certificate parsed',
  'RS256 token verified',
  'ES256 token verified',
]

/** A time or a ratio that was measured: neither zero nor infinite nor nothing. */
const isMeasured = (value: unknown): boolean => typeof value === 'number' && value > 0 && value < Infinity

describe('the bench, run quickly', () => {
  let results: Results

  beforeAll(async () => {
    results = JSON.parse(await bench('--quick', '--json')) as Results
  })

  it('measures every stage of the pipeline, and the floor', () => {
    const names = results.sections.map(({ rows }) => rows.map(({ name }) => name))
    expect(names).toEqual(Object.values(measured))
  })

  it('gives finite positive times for each, but for the difference of two', () => {
    const all = results.sections.flatMap((section) => section.rows)
    const [difference, ...others] = all.filter(({ name }) => name === 'in enroll(), but in no stage')
    expect(others).toEqual([])
    expect(Number.isFinite(difference?.median)).toBe(true)
    const rows = all.filter((each) => each !== difference)
    const wrong = rows.filter(({ median, fastest, timesFloor }) => {
      return ![median, fastest, timesFloor].every(isMeasured) || fastest > median
    })
    expect(wrong).toEqual([])
  })

  it('compares the libraries that could do the same', () => {
    expect(results.comparisons.map(({ what }) => what)).toEqual(compared)
    const wrong = results.comparisons.filter((row) => ![row.own, row.library, row.ratio].every(isMeasured))
    expect(wrong).toEqual([])
  })

  it('says what was measured, on what, and how far the goal is', () => {
    expect(results).toMatchObject({ node: process.version, goal: { timesFloor: 1.6 } })
    expect(Date.parse(results.date)).not.toBeNaN()
    expect(results.rounds).toBeGreaterThan(0)
    const costs = Object.values(results.goal.measured).flatMap(({ median, fastest }) => [median, fastest])
    expect(results.allocations.map(({ policies }) => policies)).toEqual([3, 50, 250])
    expect(results.allocations.every(({ octets }) => isMeasured(octets))).toBe(true)
    expect(costs).toHaveLength(4)
    expect(costs.every(isMeasured)).toBe(true)
  })

  it('prints a line for each, aligned', () => {
    const lines = report(results).split('\n')
    const rowNames = [...Object.values(measured).flat(), ...compared]
    const rows = rowNames.map((name) => lines.filter((line) => line.startsWith(`  ${name}  `)))
    expect(rows.map((found) => found.length)).toEqual(rowNames.map(() => 1))
    const widths = new Set(rows.slice(0, -compared.length).map(([line = '']) => line.length))
    expect(widths.size).toBe(1)
    expect(lines[0]).toContain(`Node.js ${process.version}`)
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(128)
  })
})

describe('the options of the bench', () => {
  it('are told by --help', async () => {
    expect(await bench('--help')).toMatch(/npm run bench -- --quick[^]*npm run bench -- --json/)
  })

  it('are refused when they are unknown', async () => {
    await expect(bench('--slow')).rejects.toThrow(/Unknown option '--slow'/)
  })
})
