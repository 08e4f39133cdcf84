import { defineConfig } from 'vitest/config'

/** File for the results as JSON, from which .ci/run counts. */
const resultsFile = process.env['VITEST_JSON']

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Starts nothing by itself: the shared cluster comes up when a test file asks for it.
    globalSetup: ['test/cluster/global-setup.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // Two workers: tests that start a control plane or a PostgreSQL are bound by the machine, not by waiting.
    maxWorkers: 2,
    reporters: resultsFile === undefined ? ['default'] : ['default', ['json', { outputFile: resultsFile }]],
  },
})
