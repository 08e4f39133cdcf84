import type { KubernetesObject } from '../api/object.ts'
import { findCondition } from './conditions.ts'
import type { Cause } from './outcome.ts'
import { isPodReady, isTerminating, podRevision } from './pod.ts'
import { detailOf, foremostTrouble, podTroubles } from './pod-trouble.ts'
import type { Trouble } from './pod-trouble.ts'
import { rolloutOf, rolloutOfPod, standbyRolloutOf } from './rollout.ts'
import { isBefore } from './timestamp.ts'
import type { World } from './world.ts'

/**
 * The abnormal cause that keeps the rollout from completing; `undefined` where everything takes its usual course.
 * @param since events before this moment belong to an earlier rollout.
 */
export function troubleOf(world: World, since: string): Cause | undefined {
  const isWanted = (pod: KubernetesObject): boolean => podRevision(pod) === rolloutOfPod(world, pod)?.updateRevision
  // What a pod of the wanted revision suffers from counts more than what is about to be replaced anyway.
  const pods = world.pods
    .filter((pod) => !isPodReady(pod) && !isTerminating(pod))
    .toSorted((left, right) => Number(isWanted(right)) - Number(isWanted(left)))
  const circumstances = { events: world.events, before: findCondition(world.database.status?.conditions, 'Ready') }
  const troubles = [...pods.flatMap((pod) => podTroubles(pod, circumstances)), ...surroundingTroubles(world, since)]
  return foremostTrouble(troubles)?.cause
}

/** Causes that stand beside the pods: a pod that cannot be created, a claim that cannot be provisioned. */
function surroundingTroubles(world: World, since: string): readonly Trouble[] {
  const troubles: Trouble[] = []
  const wanted = (rolloutOf(world)?.wanted ?? 0) + (standbyRolloutOf(world)?.wanted ?? 0)
  const recent = world.events.filter(({ time }) => !isBefore(time, since))
  const creation = recent.find(({ kind, reason }) => kind === 'StatefulSet' && reason === 'FailedCreate')
  if (creation !== undefined && world.pods.length < wanted) {
    const message = `StatefulSet ${creation.name} cannot create its pod: ${detailOf(creation.message)}`
    troubles.push({ kind: 'FailedCreate', cause: { reason: 'FailedCreate', message } })
  }
  for (const claim of world.claims.filter(({ phase }) => phase === 'Pending')) {
    const event = world.events.find(
      ({ kind, name, reason, time }) =>
        kind === 'PersistentVolumeClaim' &&
        name === claim.name &&
        reason === 'ProvisioningFailed' &&
        !isBefore(time, claim.createdAt),
    )
    if (event === undefined) continue
    const message = `PersistentVolumeClaim ${claim.name} cannot be provisioned: ${detailOf(event.message)}`
    troubles.push({ kind: 'ProvisioningFailed', cause: { reason: 'ProvisioningFailed', message } })
  }
  return troubles
}
