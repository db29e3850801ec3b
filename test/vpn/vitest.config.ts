import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Begins with the real tunnels, which wait minutes for certificates to end: others run beside. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    const isLong = ({ moduleId }: TestSpecification) => moduleId.includes('/tunnels/')
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))]
  }
}

/** The programs that load what Mayfly gives out: they need packages that are not everywhere, and so run on their own. */
export default defineConfig({
  root: `${import.meta.dirname}/../..`,
  test: {
    include: ['test/vpn/**/*.test.ts'],
    globalSetup: ['test/azuriteSetup.ts'],
    setupFiles: ['test/toRefuse.ts'],
    pool: 'forks',
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    testTimeout: 600_000,
    hookTimeout: 300_000,
    maxConcurrency: 24,
  },
})
