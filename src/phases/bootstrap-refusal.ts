import { bootstrapError, REFUSAL_EXIT_CODE } from '../api/bootstrap-error.ts'
import type { KubernetesObject } from '../api/object.ts'
import type { Cause } from './outcome.ts'
import { initContainerStatuses, isTerminating, podRevision } from './pod.ts'
import { rolloutOfPod } from './rollout.ts'
import type { World } from './world.ts'

/** Name of the init container that makes the data directory. */
const BOOTSTRAP_CONTAINER = 'bootstrap'

/**
 * Why the bootstrap refuses the data directory. Only a pod of the wanted revision counts: what an older one refused may
 * be what the new spec corrects.
 */
export function bootstrapRefusal(world: World): { readonly cause: Cause; readonly pod: KubernetesObject } | undefined {
  for (const pod of world.pods) {
    const rollout = rolloutOfPod(world, pod)
    if (rollout === undefined || !rollout.isObserved) continue
    if (isTerminating(pod) || podRevision(pod) !== rollout.updateRevision) continue
    const status = initContainerStatuses(pod).find(({ name }) => name === BOOTSTRAP_CONTAINER)
    // While it runs again the last refusal still stands: it is the same data directory.
    const end = status?.state?.terminated ?? status?.lastState?.terminated
    if (end?.exitCode !== REFUSAL_EXIT_CODE) continue
    const error = bootstrapError(end.message ?? '')
    if (error === undefined) continue
    const message = `Pod ${pod.metadata.name}, container ${BOOTSTRAP_CONTAINER}: ${error.message}`
    return { cause: { reason: error.reason, message }, pod }
  }
  return undefined
}
