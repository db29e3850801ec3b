import { defineConfig } from 'vitest/config'

/** The program as it is handed out: `npm run build:cli` made it, and what it runs on is not everywhere. */
export default defineConfig({
  root: `${import.meta.dirname}/../..`,
  test: {
    include: ['test/executables/**/*.test.ts'],
    setupFiles: ['test/toRefuse.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
})
