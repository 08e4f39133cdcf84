import { STANDBY_LABELS } from '../api/labels.ts'
import type { KubernetesObject } from '../api/object.ts'

/** The part of a Pod that is read here. */
interface Pod extends KubernetesObject {
  readonly spec?: {
    readonly initContainers?: readonly ContainerSpec[]
    readonly containers?: readonly ContainerSpec[]
  }
  readonly status?: {
    readonly phase?: string
    readonly reason?: string
    readonly message?: string
    readonly startTime?: string
    readonly conditions?: readonly PodCondition[]
    readonly initContainerStatuses?: readonly ContainerStatus[]
    readonly containerStatuses?: readonly ContainerStatus[]
  }
}

interface ContainerSpec {
  readonly name: string
  readonly image?: string
}

interface PodCondition {
  readonly type: string
  readonly status: string
  readonly reason?: string
  readonly message?: string
}

interface ContainerState {
  readonly waiting?: { readonly reason?: string; readonly message?: string }
  readonly running?: { readonly startedAt?: string }
  readonly terminated?: TerminatedState
}

/** How a container ended. */
export interface TerminatedState {
  readonly exitCode: number
  readonly reason?: string
  /** What it wrote to its termination log, or its last log lines. */
  readonly message?: string
}

/** One container of a pod as the kubelet sees it. */
export interface ContainerStatus {
  readonly name: string
  readonly image?: string
  readonly restartCount?: number
  readonly state?: ContainerState
  readonly lastState?: ContainerState
}

/**
 * The revision that the StatefulSet controller made the pod from.
 * @see https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#rolling-updates
 */
export function podRevision(pod: KubernetesObject): string | undefined {
  return pod.metadata.labels?.['controller-revision-hash']
}

/** Whether the pod is a standby's. */
export function isStandby({ metadata: { labels = {} } }: KubernetesObject): boolean {
  return Object.entries(STANDBY_LABELS).every(([key, value]) => labels[key] === value)
}

/** Whether the pod is on its way out. */
export function isTerminating(pod: KubernetesObject): boolean {
  return pod.metadata.deletionTimestamp !== undefined
}

/** Whether the pod takes traffic: ready, and not on its way out. */
export function isPodReady(pod: KubernetesObject): boolean {
  return !isTerminating(pod) && podCondition(pod, 'Ready')?.status === 'True'
}

/** The pod's condition of that type. */
export function podCondition(pod: KubernetesObject, type: string): PodCondition | undefined {
  return (pod as Pod).status?.conditions?.find((condition) => condition.type === type)
}

/** The pod's own end, where it ended as a whole: evicted, out of node memory, node shut down. */
export function podFailure(pod: KubernetesObject): { readonly reason: string; readonly message: string } | undefined {
  const status = (pod as Pod).status
  if (status?.phase !== 'Failed') return undefined
  return { reason: status.reason ?? 'PodFailed', message: status.message ?? 'the pod has ended' }
}

/** Statuses of the init containers, then of the containers. */
export function containerStatuses(pod: KubernetesObject): readonly ContainerStatus[] {
  return [...initContainerStatuses(pod), ...((pod as Pod).status?.containerStatuses ?? [])]
}

/** Statuses of the init containers. */
export function initContainerStatuses(pod: KubernetesObject): readonly ContainerStatus[] {
  return (pod as Pod).status?.initContainerStatuses ?? []
}

/** Image of a container as the pod asks for it; what the kubelet reports may be a digest that nobody recognises. */
export function containerImage(pod: KubernetesObject, container: string): string | undefined {
  const { initContainers = [], containers = [] } = (pod as Pod).spec ?? {}
  return [...initContainers, ...containers].find(({ name }) => name === container)?.image
}

/** Every moment at which the pod or one of its running containers started. */
export function startTimes(pod: KubernetesObject): readonly string[] {
  const { startTime, containerStatuses: statuses = [] } = (pod as Pod).status ?? {}
  const times = [startTime, ...statuses.map(({ state }) => state?.running?.startedAt)]
  return times.filter((time): time is string => time !== undefined)
}
