import type { KubernetesObject } from '../../api/object.ts'
import type { Cause } from '../../phases/outcome.ts'
import { containerStatuses, isPodReady, isTerminating, podCondition } from '../../phases/pod.ts'
import { TROUBLE_PRECEDENCE, detailOf, podTroubles } from '../../phases/pod-trouble.ts'
import type { Trouble } from '../../phases/pod-trouble.ts'
import { isBefore } from '../../phases/timestamp.ts'
import type { EventObservation } from '../../phases/world.ts'
import { claimsOfPod } from '../cluster/claim-use.ts'
import { presentPods } from './workload-pods.ts'

/** What is known around a workload. */
export interface Surroundings {
  /** Its pods, those of its present template first. */
  readonly pods: readonly KubernetesObject[]
  /** Claims of its namespace by name, as far as they were read. */
  readonly claim: (name: string) => KubernetesObject | undefined
  /** Warnings about an object of its namespace, newest first. */
  readonly warnings: (name: string) => readonly EventObservation[]
}

/** A trouble and the pod that has it. */
export interface WorkloadTrouble extends Trouble {
  readonly pod?: KubernetesObject
}

/** The most telling thing that keeps a workload from being ready; `undefined` where everything takes its usual course. */
export function workloadTrouble(workload: KubernetesObject, around: Surroundings): WorkloadTrouble | undefined {
  const pods = presentPods(workload, around.pods).filter(
    (pod) => !isPodReady(pod) && !isTerminating(pod) && !hasSucceeded(pod),
  )
  const troubles: WorkloadTrouble[] = [
    ...pods.flatMap((pod) =>
      podTroubles(pod, { events: around.warnings(pod.metadata.name), before: undefined }).map(({ kind, cause }) => ({
        kind,
        cause: kind === 'Unschedulable' ? withClaims(cause, pod, around) : cause,
        pod,
      })),
    ),
    ...pods.flatMap((pod) => claimTroubles(pod, around)),
    ...creationTrouble(workload, around),
  ]
  for (const kind of TROUBLE_PRECEDENCE) {
    const trouble = troubles.find((candidate) => candidate.kind === kind)
    if (trouble !== undefined) return trouble
  }
  return undefined
}

/** Why a pod that runs is not ready; `undefined` where none runs unready. */
export function unreadyCause({ pods, warnings }: Surroundings): Cause | undefined {
  for (const pod of pods) {
    const { name, creationTimestamp } = pod.metadata
    if (isPodReady(pod) || isTerminating(pod) || hasSucceeded(pod)) continue
    if (!containerStatuses(pod).some(({ state }) => state?.running !== undefined)) continue
    const probe = warnings(name).find(
      (event) =>
        event.kind === 'Pod' &&
        event.name === name &&
        event.reason === 'Unhealthy' &&
        !isBefore(event.time, creationTimestamp),
    )
    const said = probe?.message ?? podCondition(pod, 'Ready')?.message ?? 'runs, but is not ready'
    return { reason: 'PodNotReady', message: `Pod ${name}: ${detailOf(said)}` }
  }
  return undefined
}

/** Most restarts of a container of a pod that keeps exiting. */
export function failingRestarts(pod: KubernetesObject): number {
  const failing = containerStatuses(pod).filter(
    ({ state, lastState }) =>
      state?.waiting?.reason === 'CrashLoopBackOff' ||
      (state?.terminated ?? lastState?.terminated ?? { exitCode: 0 }).exitCode !== 0,
  )
  return Math.max(0, ...failing.map(({ restartCount = 0 }) => restartCount))
}

/** The newest warning about an object of any kind. */
export function warningAbout(object: KubernetesObject, warnings: readonly EventObservation[]): Cause | undefined {
  const { name, creationTimestamp } = object.metadata
  const event = warnings.find(
    (candidate) =>
      candidate.kind === object.kind && candidate.name === name && !isBefore(candidate.time, creationTimestamp),
  )
  return event === undefined ? undefined : { reason: event.reason, message: detailOf(event.message) }
}

function hasSucceeded(pod: KubernetesObject): boolean {
  return (pod['status'] as { phase?: string } | undefined)?.phase === 'Succeeded'
}

function withClaims(cause: Cause, pod: KubernetesObject, { claim }: Surroundings): Cause {
  const pending = claimsOfPod(pod).filter((name) => phaseOf(claim(name)) === 'Pending')
  return pending.length === 0 ? cause : { ...cause, message: `${cause.message} (not bound: ${pending.join(', ')})` }
}

function claimTroubles(pod: KubernetesObject, { claim, warnings }: Surroundings): readonly WorkloadTrouble[] {
  return claimsOfPod(pod).flatMap((name) => {
    const found = claim(name)
    const event = found === undefined || phaseOf(found) !== 'Pending' ? undefined : warningAbout(found, warnings(name))
    if (event?.reason !== 'ProvisioningFailed') return []
    const message = `PersistentVolumeClaim ${name} cannot be provisioned: ${event.message}`
    return [{ kind: 'ProvisioningFailed' as const, cause: { reason: 'ProvisioningFailed', message }, pod }]
  })
}

/** Quota and admission speak to the controller; a Deployment repeats it as a condition, the others only as an event. */
function creationTrouble(workload: KubernetesObject, { pods, warnings }: Surroundings): readonly WorkloadTrouble[] {
  const { kind, metadata } = workload
  const failure = (
    workload['status'] as
      | { conditions?: { type: string; status: string; reason?: string; message?: string }[] }
      | undefined
  )?.conditions?.find(({ type, status }) => type === 'ReplicaFailure' && status === 'True')
  const said =
    failure?.message ??
    warnings(metadata.name).find(
      (event) => event.kind === kind && event.name === metadata.name && event.reason === 'FailedCreate',
    )?.message
  if (said === undefined || pods.filter((pod) => !isTerminating(pod)).length >= wantedPods(workload)) return []
  const message = `${kind} ${metadata.name} cannot create its pods: ${detailOf(said)}`
  return [{ kind: 'FailedCreate', cause: { reason: 'FailedCreate', message } }]
}

function wantedPods({ spec, status }: KubernetesObject): number {
  const { replicas, parallelism } = (spec ?? {}) as { replicas?: number; parallelism?: number }
  const { desiredNumberScheduled } = (status ?? {}) as { desiredNumberScheduled?: number }
  return replicas ?? desiredNumberScheduled ?? parallelism ?? 1
}

function phaseOf(claim: KubernetesObject | undefined): string | undefined {
  if (claim === undefined) return undefined
  return (claim['status'] as { phase?: string } | undefined)?.phase ?? 'Pending'
}
