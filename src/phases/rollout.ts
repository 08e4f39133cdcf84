import type { KubernetesObject } from '../api/object.ts'
import { isPodReady, isStandby, podRevision } from './pod.ts'
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

/** The rollout of the primary; `undefined` where it has no StatefulSet. */
export function rolloutOf({ statefulSet, pods }: World): Rollout | undefined {
  return statefulSet === undefined
    ? undefined
    : rolloutFrom(
        statefulSet,
        pods.filter((pod) => !isStandby(pod)),
      )
}

/** The rollout of the standbys; `undefined` where they have no StatefulSet. */
export function standbyRolloutOf({ standbyStatefulSet, pods }: World): Rollout | undefined {
  return standbyStatefulSet === undefined ? undefined : rolloutFrom(standbyStatefulSet, pods.filter(isStandby))
}

/** The rollout that a pod is part of. */
export function rolloutOfPod(world: World, pod: KubernetesObject): Rollout | undefined {
  return isStandby(pod) ? standbyRolloutOf(world) : rolloutOf(world)
}

/** Whether every pod that the spec asks for, the primary's and the standbys', is as it should be. */
export function isRolledOut(world: World): boolean {
  return rolloutOf(world)?.isComplete === true && areStandbysRolledOut(world)
}

/** Whether the standbys that the spec asks for are there, of the wanted revision, and ready. */
export function areStandbysRolledOut(world: World): boolean {
  return world.database.spec.replicas <= 1 || standbyRolloutOf(world)?.isComplete === true
}

/** Whether the primary's pod is of the wanted revision and ready. */
export function isPrimaryRolledOut(world: World): boolean {
  return rolloutOf(world)?.isComplete === true
}

function rolloutFrom(statefulSet: KubernetesObject, pods: readonly KubernetesObject[]): Rollout {
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
