import type { KubernetesObject } from '../api/object.ts'
import { findCondition } from './conditions.ts'
import type { Cause } from './outcome.ts'
import {
  containerImage,
  containerStatuses,
  isPodReady,
  isTerminating,
  podCondition,
  podFailure,
  podRevision,
} from './pod.ts'
import type { ContainerStatus } from './pod.ts'
import { rolloutOf } from './rollout.ts'
import { isBefore } from './timestamp.ts'
import type { World } from './world.ts'

/**
 * What keeps pods from becoming ready, the most telling first. What the kubelet says about a container outranks what
 * the scheduler says about a pod (it is further on its way), and the claim that cannot be provisioned outranks the pod
 * that cannot be scheduled because of it.
 */
export const TROUBLE_PRECEDENCE = [
  'InvalidImageName',
  'ErrImageNeverPull',
  'ErrImagePull',
  'CreateContainerConfigError',
  'CreateContainerError',
  'RunContainerError',
  'CrashLoopBackOff',
  'ContainerExited',
  'PodFailed',
  'FailedMount',
  'FailedAttachVolume',
  'ProvisioningFailed',
  'Unschedulable',
  'FailedCreate',
] as const

type TroubleReason = (typeof TROUBLE_PRECEDENCE)[number]

interface Trouble {
  readonly kind: TroubleReason
  readonly cause: Cause
}

/** Waiting reasons from which a container does not come out by itself while its spec stays. */
export const STUCK_REASONS: ReadonlySet<string> = new Set([
  'InvalidImageName',
  'ErrImageNeverPull',
  'ErrImagePull',
  'ImagePullBackOff',
  'CreateContainerConfigError',
  'CreateContainerError',
  'RunContainerError',
  'CrashLoopBackOff',
])

/** The kubelet alternates between an error and its back-off; one name for both keeps the status still. */
const WAITING_REASONS: Readonly<Record<string, TroubleReason>> = {
  InvalidImageName: 'InvalidImageName',
  ErrImageNeverPull: 'ErrImageNeverPull',
  ErrImagePull: 'ErrImagePull',
  ImagePullBackOff: 'ErrImagePull',
  CreateContainerConfigError: 'CreateContainerConfigError',
  CreateContainerError: 'CreateContainerError',
  RunContainerError: 'RunContainerError',
  CrashLoopBackOff: 'CrashLoopBackOff',
}

const LONGEST_DETAIL = 500

/**
 * The abnormal cause that keeps the rollout from completing; `undefined` where everything takes its usual course.
 * @param since events before this moment belong to an earlier rollout.
 */
export function troubleOf(world: World, since: string): Cause | undefined {
  const revision = rolloutOf(world)?.updateRevision
  // What a pod of the wanted revision suffers from counts more than what is about to be replaced anyway.
  const pods = world.pods
    .filter((pod) => !isPodReady(pod) && !isTerminating(pod))
    .toSorted((left, right) => Number(podRevision(right) === revision) - Number(podRevision(left) === revision))
  const troubles = [...pods.flatMap((pod) => podTroubles(pod, world)), ...surroundingTroubles(world, since)]
  for (const kind of TROUBLE_PRECEDENCE) {
    const trouble = troubles.find((candidate) => candidate.kind === kind)
    if (trouble !== undefined) return trouble.cause
  }
  return undefined
}

function podTroubles(pod: KubernetesObject, world: World): readonly Trouble[] {
  const name = pod.metadata.name
  const troubles = containerStatuses(pod).flatMap((status) => containerTrouble(pod, status, world) ?? [])
  const failure = podFailure(pod)
  if (failure !== undefined) {
    troubles.push({ kind: 'PodFailed', cause: { reason: failure.reason, message: `Pod ${name}: ${failure.message}` } })
  }
  const scheduled = podCondition(pod, 'PodScheduled')
  if (scheduled?.status === 'False') {
    const message = `Pod ${name} cannot be scheduled: ${scheduled.message ?? scheduled.reason ?? 'no node fits'}`
    troubles.push({ kind: 'Unschedulable', cause: { reason: 'Unschedulable', message } })
  }
  for (const reason of ['FailedMount', 'FailedAttachVolume'] as const) {
    const event = world.events.find(
      (candidate) =>
        candidate.reason === reason &&
        candidate.kind === 'Pod' &&
        candidate.name === name &&
        !isBefore(candidate.time, pod.metadata.creationTimestamp),
    )
    const isWaiting = !containerStatuses(pod).some(({ state }) => state?.running ?? state?.terminated)
    if (event !== undefined && isWaiting) {
      troubles.push({ kind: reason, cause: { reason, message: `Pod ${name}: ${detailOf(event.message)}` } })
    }
  }
  return troubles
}

function containerTrouble(pod: KubernetesObject, status: ContainerStatus, world: World): Trouble | undefined {
  const image = containerImage(pod, status.name) ?? status.image ?? 'unknown image'
  const subject = `Pod ${pod.metadata.name}, container ${status.name} (${image})`
  const { waiting, terminated } = status.state ?? {}
  const kind = WAITING_REASONS[waiting?.reason ?? '']
  if (kind === 'CrashLoopBackOff' || (terminated !== undefined && terminated.exitCode !== 0)) {
    const end = terminated ?? status.lastState?.terminated
    const reason =
      kind === 'CrashLoopBackOff' || (status.restartCount ?? 0) > 0 ? 'CrashLoopBackOff' : 'ContainerExited'
    const exit = end === undefined ? 'keeps exiting' : `exited with code ${end.exitCode}`
    const line = lastLines(end?.message) ?? end?.reason
    return { kind: reason, cause: { reason, message: `${subject} ${exit}${line === undefined ? '' : `: ${line}`}` } }
  }
  if (kind === undefined) return undefined
  const base = `${subject}: ${kind === 'ErrImagePull' ? 'the image cannot be pulled' : kind}`
  const detail = waitingDetail(waiting?.reason, waiting?.message)
  const before = findCondition(world.database.status?.conditions, 'Ready')
  // While the kubelet waits to pull again it may not repeat why; what was said before still holds.
  const message =
    detail === undefined && before?.reason === kind && before.message.startsWith(base)
      ? before.message
      : `${base}${detail === undefined ? '' : `: ${detail}`}`
  return { kind, cause: { reason: kind, message } }
}

function waitingDetail(reason: string | undefined, message: string | undefined): string | undefined {
  if (message === undefined || message === '') return undefined
  if (reason !== 'ImagePullBackOff') return detailOf(message)
  const cause = /: ErrImagePull: (.*)$/s.exec(message)?.[1]
  return cause === undefined ? undefined : detailOf(cause)
}

/** Causes that stand beside the pods: a pod that cannot be created, a claim that cannot be provisioned. */
function surroundingTroubles(world: World, since: string): readonly Trouble[] {
  const troubles: Trouble[] = []
  const wanted = rolloutOf(world)?.wanted ?? 0
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

/** Time and process id that PostgreSQL puts before a log line: they would make every restart another message. */
const LOG_PREFIX = /^\d{4}-\d{2}-\d{2} [\d:.]+ \w+ \[\d+\] /

/**
 * The end of what a container said. Two lines, because the last one often only says that there was an error
 * ("configuration file contains errors") and the one before it which.
 */
function lastLines(text: string | undefined): string | undefined {
  const lines = (text ?? '')
    .split('\n')
    .map((line) => line.trim().replace(LOG_PREFIX, ''))
    .filter((line) => line !== '')
  return lines.length === 0 ? undefined : detailOf(lines.slice(-2).join(' · '))
}

function detailOf(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim()
  return line.length > LONGEST_DETAIL ? `${line.slice(0, LONGEST_DETAIL)}…` : line
}
