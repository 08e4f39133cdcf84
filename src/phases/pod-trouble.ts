import type { KubernetesObject } from '../api/object.ts'
import type { Cause } from './outcome.ts'
import { containerImage, containerStatuses, podCondition, podFailure } from './pod.ts'
import type { ContainerStatus } from './pod.ts'
import { isBefore } from './timestamp.ts'
import type { EventObservation } from './world.ts'

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

/** Name of a trouble. */
export type TroubleReason = (typeof TROUBLE_PRECEDENCE)[number]

/** Something abnormal about a pod, or beside it. */
export interface Trouble {
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

/** The most telling one; the first of them where several are alike. */
export function foremostTrouble(troubles: readonly Trouble[]): Trouble | undefined {
  for (const kind of TROUBLE_PRECEDENCE) {
    const trouble = troubles.find((candidate) => candidate.kind === kind)
    if (trouble !== undefined) return trouble
  }
  return undefined
}

/** What is known beside the pod. */
export interface PodCircumstances {
  /** Warnings about pods, newest first. */
  readonly events: readonly EventObservation[]
  /** What was told last. */
  readonly before: Cause | undefined
}

/** Everything abnormal about a pod that is not ready. */
export function podTroubles(pod: KubernetesObject, { events, before }: PodCircumstances): readonly Trouble[] {
  const name = pod.metadata.name
  const troubles = containerStatuses(pod).flatMap((status) => containerTrouble(pod, status, before) ?? [])
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
    const event = events.find(
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

function containerTrouble(
  pod: KubernetesObject,
  status: ContainerStatus,
  before: Cause | undefined,
): Trouble | undefined {
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

/** One line of what somebody said, cut where it is very long. */
export function detailOf(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim()
  return line.length > LONGEST_DETAIL ? `${line.slice(0, LONGEST_DETAIL)}…` : line
}
