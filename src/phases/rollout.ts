import type { KubernetesObject } from '../api/object.ts'
import { isPodReady, podRevision } from './pod.ts'
import type { World } from './world.ts'

/** The part of a StatefulSet that is read here. */
interface StatefulSet extends KubernetesObject {
  readonly spec?: { readonly replicas?: number }
  readonly status?: {
    readonly observedGeneration?: number
    readonly replicas?: number
    readonly readyReplicas?: number
    readonly updatedReplicas?: number
    readonly updateRevision?: string
  }
}

/** How far a StatefulSet has got. */
export interface Rollout {
  /** Pods that are wanted. */
  readonly wanted: number
  readonly replicas: number
  readonly readyReplicas: number
  /** The revision that every pod should be of; `undefined` before the controller has seen the object. */
  readonly updateRevision: string | undefined
  /** Whether the controller has seen the object as it is now; before that its status speaks of the past. */
  readonly isObserved: boolean
  /** Whether every pod is of the update revision and ready. */
  readonly isComplete: boolean
}

/** The rollout of the StatefulSet; `undefined` where there is none. */
export function rolloutOf({ statefulSet, pods }: World): Rollout | undefined {
  if (statefulSet === undefined) return undefined
  const { spec, status } = statefulSet as StatefulSet
  const wanted = spec?.replicas ?? 1
  const isObserved = (status?.observedGeneration ?? 0) >= (statefulSet.metadata.generation ?? 1)
  const updateRevision = status?.updateRevision
  const counts = [status?.replicas, status?.updatedReplicas, status?.readyReplicas]
  return {
    wanted,
    replicas: status?.replicas ?? 0,
    readyReplicas: status?.readyReplicas ?? 0,
    updateRevision,
    isObserved,
    isComplete:
      isObserved &&
      counts.every((count) => (count ?? 0) === wanted) &&
      // The controller's counts trail behind the pods: a pod that died a moment ago is still counted.
      pods.length === wanted &&
      pods.every((pod) => isPodReady(pod) && podRevision(pod) === updateRevision),
  }
}
