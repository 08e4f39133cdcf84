import { defineConfig } from 'vitest/config'
import { BaseSequencer } from 'vitest/node'
import type { TestSpecification } from 'vitest/node'

/** File for the results as JSON, from which .ci/run counts. */
const resultsFile = process.env['VITEST_JSON']

/** Directories of the tests that need a cluster: on a new machine its programs are built while the others run. */
const CLUSTER_TESTS =
  /\/test\/(cluster|demo|e2e|faults|gitops)\/|\/test\/(api\/(crd-server|canonical-quantity)|constructs\/(admission|matrix|deletion-protection|handed-over)|manifests\/kubectl-scalars|testing\/pod-security|plan\/(proof|certificate-traps|certificate-manifests|known-values|immutable-server))/

/** Runs what needs no cluster first; within both halves vitest's own order holds. */
class ClusterLast extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    const needsCluster = ({ moduleId }: TestSpecification): boolean => CLUSTER_TESTS.test(moduleId)
    return [...sorted.filter((file) => !needsCluster(file)), ...sorted.filter(needsCluster)]
  }
}

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Starts nothing by itself: the shared cluster comes up when a test file asks for it.
    globalSetup: ['test/cluster/global-setup.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // Two workers: tests that start a control plane or a PostgreSQL are bound by the machine, not by waiting.
    maxWorkers: 2,
    sequence: { sequencer: ClusterLast },
    reporters: resultsFile === undefined ? ['default'] : ['default', ['json', { outputFile: resultsFile }]],
  },
})
