import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/vpn/**'],
    globalSetup: ['test/azuriteSetup.ts'],
    setupFiles: ['test/toRefuse.ts', 'test/fastCheck.ts'],
    pool: 'forks',
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
})
