import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Starts nothing by itself: the shared cluster comes up when a test file asks for it.
    globalSetup: ['test/cluster/global-setup.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // Two workers: tests that start a control plane or a PostgreSQL are bound by the machine, not by waiting.
    maxWorkers: 2,
  },
})
