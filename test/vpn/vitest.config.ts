import { defineConfig } from 'vitest/config'

/** The programs that load what Mayfly gives out: they need packages that are not everywhere, and so run on their own. */
export default defineConfig({
  root: `${import.meta.dirname}/../..`,
  test: {
    include: ['test/vpn/**/*.test.ts'],
    globalSetup: ['test/azuriteSetup.ts'],
    setupFiles: ['test/toRefuse.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 120_000,
    maxConcurrency: 24,
  },
})
