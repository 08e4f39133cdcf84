import type { KubernetesObject } from '../../api/object.ts'

/** How long a workload that nothing probes has to stay ready before that is believed, in milliseconds. */
const STEADY_MS = 2000

/** The same where a container of it has exited before, in milliseconds. */
const STEADY_AFTER_EXIT_MS = 10_000

interface PodSpec {
  readonly containers?: readonly { readonly readinessProbe?: unknown }[]
}

/**
 * How long a workload has to stay as ready as it is, in milliseconds. A container without a readiness probe counts as
 * ready from its start to its end, so that one that exits at once makes its workload ready for a moment, again and again.
 * @see https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#container-probes
 */
export function steadyMs({ kind, spec, status }: KubernetesObject, hasExited: boolean): number {
  const {
    minReadySeconds = 0,
    replicas = 1,
    template,
  } = (spec ?? {}) as {
    minReadySeconds?: number
    replicas?: number
    template?: { spec?: PodSpec }
  }
  if (kind === 'Job' || minReadySeconds > 0 || replicas === 0) return 0
  if (kind === 'Pod' && (status as { phase?: string } | undefined)?.phase !== 'Running') return 0
  const podSpec: PodSpec = (kind === 'Pod' ? spec : template?.spec) ?? {}
  const { containers = [] } = podSpec
  if (containers.every(({ readinessProbe }) => readinessProbe !== undefined)) return 0
  return hasExited ? STEADY_AFTER_EXIT_MS : STEADY_MS
}
