import { globSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { defineConfig } from 'vitest/config'
import { BaseSequencer } from 'vitest/node'
import type { TestSpecification } from 'vitest/node'

/** File for the results as JSON, from which .ci/run counts. */
const resultsFile = process.env['VITEST_JSON']

const root = import.meta.dirname
const testFiles = globSync('test/**/*.test.ts', { cwd: root })

/** Tests that need a cluster: on a new machine its programs are built while the others run. */
const CLUSTER_DIRECTORIES = /^test\/(demo|e2e|faults|gitops)\//
const CLUSTER_CALLS = /\b(useControlPlane|useCluster|startControlPlane)\(/
const clusterTests = new Set(
  testFiles.filter(
    (file) => CLUSTER_DIRECTORIES.test(file) || CLUSTER_CALLS.test(readFileSync(join(root, file), 'utf8')),
  ),
)

/**
 * Tests of functions: they share a process, which saves a start and the same imports for each file. `test/synthesis` is
 * not among them: it compares with a cdk8s that nobody has changed.
 */
const FUNCTION_DIRECTORIES =
  /^test\/(api|applier|bench|commands|constructs|controller|defects|docs|manifests|phases|plan|report|testing)\//
const functionTests = testFiles.filter((file) => FUNCTION_DIRECTORIES.test(file) && !clusterTests.has(file))

/** The tests that take longest, the first one most: begun first, so that in the end no worker waits for another. */
const LONGEST = [
  'test/demo/demo.test.ts',
  'test/e2e/rotation.test.ts',
  'test/e2e/waiting.test.ts',
  'test/faults/watch.test.ts',
  'test/e2e/impact.test.ts',
  'test/cluster/control-plane-lifetime.test.ts',
  'test/cluster/node/node-lifetime.test.ts',
  'test/e2e/canary.test.ts',
  'test/e2e/missing-rights.test.ts',
  'test/gitops/zero-drift.test.ts',
  'test/cluster/node/node.test.ts',
  'test/cluster/control-plane.test.ts',
]

/** Runs what needs no cluster first, then what takes longest; otherwise vitest's own order holds. */
class ClusterLast extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const file = relative(root, moduleId)
      if (!clusterTests.has(file)) return -1
      const place = LONGEST.indexOf(file)
      return place < 0 ? LONGEST.length : place
    }
    const sorted = await super.sort(files)
    return sorted.toSorted((one, other) => rank(one) - rank(other))
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: ClusterLast },
    reporters: resultsFile === undefined ? ['default'] : ['default', ['json', { outputFile: resultsFile }]],
    projects: [
      {
        extends: true,
        test: {
          name: 'functions',
          include: functionTests,
          isolate: false,
          unstubEnvs: true,
          restoreMocks: true,
          testTimeout: 60_000,
          // They keep a processor busy.
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'programs',
          include: testFiles.filter((file) => !functionTests.includes(file)),
          // Starts nothing by itself: the shared cluster comes up when a test file asks for it.
          globalSetup: ['test/cluster/global-setup.ts'],
          // Some take twenty seconds on a machine of their own, and this one may have others to serve.
          testTimeout: 120_000,
          hookTimeout: 120_000,
          // They mostly wait for programs; more of them at a time would wait for each other.
          maxWorkers: 3,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
})
