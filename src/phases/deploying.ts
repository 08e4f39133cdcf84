import type { KubernetesObject } from '../api/object.ts'
import { bootstrapRefusal } from './bootstrap-refusal.ts'
import { DEADLINE_EXCEEDED, isDeadlineExceeded, lastChange } from './deadline.ts'
import { progressing, stalled, troubled } from './outcome.ts'
import type { Cause, Outcome } from './outcome.ts'
import { containerStatuses, isPodReady, isStandby, isTerminating } from './pod.ts'
import { isPrimaryRolledOut, isRolledOut, rolloutOf, standbyRolloutOf } from './rollout.ts'
import { isStandbyLost, standbyLost } from './standbys.ts'
import { stuckPodDeletions } from './stuck-pods.ts'
import { troubleOf } from './trouble.ts'
import { resizingVolumes } from './volumes.ts'
import type { World } from './world.ts'

/** How soon to look again at a rollout, whatever the watch says. */
export const ROLLOUT_POLL_MS = 5000

/** The pods become what the StatefulSet asks for; until then the status says what really keeps them from it. */
export function deploying(world: World): Outcome | undefined {
  if (isRolledOut(world)) return resizingVolumes(world)
  const refusal = bootstrapRefusal(world)
  if (refusal !== undefined) return isToBeTriedAgain(world, refusal.pod) ? tryAgain(refusal) : stalled(refusal.cause)
  const deletions = stuckPodDeletions(world)
  if (deletions.length > 0) {
    const names = deletions.flatMap((effect) =>
      effect.type === 'delete-pod' ? [`${effect.name} (${effect.reason})`] : [],
    )
    const message = `Deleting pods that hang on a revision that is no longer wanted: ${names.join(', ')}.`
    return troubled('Deploying', { reason: 'ReplacingStuckPod', message }, { type: 'now' }, deletions)
  }
  const watch = { type: 'change', withinMs: ROLLOUT_POLL_MS } as const
  const trouble = troubleOf(world, lastChange(world) ?? world.now)
  const cause = trouble ?? usualCause(world)
  if (isDeadlineExceeded(world)) {
    const message = `Not ready after ten minutes: ${cause.reason}: ${cause.message}`
    return stalled({ reason: DEADLINE_EXCEEDED, message }, watch)
  }
  if (trouble === undefined && !isStandbyLost(world)) return progressing('Deploying', cause, watch)
  return troubled('Deploying', isStandbyLost(world) ? standbyLost(cause) : cause, watch)
}

function isToBeTriedAgain(
  { retryRequested, podsBeforeRetry = [] }: World,
  { metadata: { uid } }: KubernetesObject,
): boolean {
  return retryRequested === true || (uid !== undefined && podsBeforeRetry.includes(uid))
}

/** A person asks again, perhaps after mending the volume: a new pod looks at it now, not when the back-off is over. */
function tryAgain({ cause, pod }: NonNullable<ReturnType<typeof bootstrapRefusal>>): Outcome {
  const { name, uid } = pod.metadata
  if (uid === undefined) return stalled(cause)
  const message = `Deleting pod ${name}, whose bootstrap refused with ${cause.reason}, to try it again.`
  const deletion = { type: 'delete-pod', name, uid, reason: cause.reason } as const
  return troubled('Deploying', { reason: 'RetryingBootstrap', message }, { type: 'now' }, [deletion])
}

/** Where a rollout stands that takes its usual course. */
function usualCause(world: World): Cause {
  const isPrimaryDone = isPrimaryRolledOut(world)
  const rollout = isPrimaryDone ? standbyRolloutOf(world) : rolloutOf(world)
  if (rollout === undefined) {
    return { reason: 'StatefulSetMissing', message: 'There is no StatefulSet yet.' }
  }
  const pods = world.pods.filter((pod) => isStandby(pod) === isPrimaryDone)
  if (!rollout.isObserved) {
    return { reason: 'RolloutPending', message: 'The StatefulSet controller has not seen the StatefulSet yet.' }
  }
  const terminating = pods.find((pod) => isTerminating(pod))
  if (terminating !== undefined) {
    return { reason: 'PodTerminating', message: `Pod ${terminating.metadata.name} is shutting down.` }
  }
  const waiting = pods.find((pod) => !isPodReady(pod))
  if (waiting === undefined) {
    return pods.length < rollout.wanted
      ? { reason: 'PodMissing', message: `${pods.length} of ${rollout.wanted} pods exist.` }
      : { reason: 'RolloutInProgress', message: 'The StatefulSet controller is still replacing or counting pods.' }
  }
  const container = containerStatuses(waiting).find(({ state }) => state?.terminated?.exitCode !== 0)
  const { waiting: held, running } = container?.state ?? {}
  const name = waiting.metadata.name
  if (container === undefined || (held === undefined && running === undefined)) {
    return { reason: 'PodStarting', message: `Pod ${name} is starting.` }
  }
  const ended = container.lastState?.terminated
  const again = ended === undefined || ended.exitCode === 0 ? '' : ` again, after exit code ${ended.exitCode}`
  return running === undefined
    ? {
        reason: 'PodStarting',
        message: `Pod ${name} is starting: container ${container.name}: ${held?.reason ?? 'waiting'}.`,
      }
    : { reason: 'PodNotReady', message: `Pod ${name} is not ready: container ${container.name} runs${again}.` }
}
