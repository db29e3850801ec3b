import { vi } from 'vitest'

/** How many times as many runs as usual the properties make: `MAYFLY_FUZZ_RUNS`, 1 unless it is set. */
const factor = Number(process.env['MAYFLY_FUZZ_RUNS'] ?? '1')

// Imported by every file whose properties it scales, and so scales the time that they have.
vi.setConfig({ testTimeout: 30_000 * Math.max(1, factor) })

/** The number of runs of a property that makes so many in an ordinary test run. */
export const fuzzRuns = (usual: number): number => Math.ceil(usual * factor)
