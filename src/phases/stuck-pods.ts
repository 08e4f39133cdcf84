import type { KubernetesObject } from '../api/object.ts'
import type { Effect } from './decision.ts'
import { containerStatuses, isPodReady, isTerminating, podCondition, podRevision } from './pod.ts'
import { rolloutOfPod } from './rollout.ts'
import { STUCK_REASONS } from './pod-trouble.ts'
import type { World } from './world.ts'

/**
 * Deletions of pods that hang on a revision that is no longer wanted: the StatefulSet controller waits for them to
 * become ready, which they never will. Only with the corrected template in place, only a pod that serves nobody, and by
 * uid, so that its successor of the same name is safe.
 * @see https://github.com/kubernetes/kubernetes/issues/67250
 */
export function stuckPodDeletions(world: World): readonly Effect[] {
  return world.pods.flatMap((pod): Effect[] => {
    const rollout = rolloutOfPod(world, pod)
    if (rollout === undefined || !rollout.isObserved || rollout.updateRevision === undefined) return []
    const { name, uid } = pod.metadata
    const revision = podRevision(pod)
    if (uid === undefined || revision === undefined || revision === rollout.updateRevision) return []
    const reason = isPodReady(pod) || isTerminating(pod) ? undefined : stuckReason(pod)
    return reason === undefined ? [] : [{ type: 'delete-pod', name, uid, reason }]
  })
}

function stuckReason(pod: KubernetesObject): string | undefined {
  const waiting = containerStatuses(pod).map(({ state }) => state?.waiting?.reason)
  const stuck = waiting.find((reason) => reason !== undefined && STUCK_REASONS.has(reason))
  if (stuck !== undefined) return stuck
  return podCondition(pod, 'PodScheduled')?.status === 'False' ? 'Unschedulable' : undefined
}
