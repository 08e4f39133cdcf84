import {
  conditionOf,
  current,
  failed,
  fieldsOf,
  inProgress,
  numberOf,
  specOf,
  statusOf,
  textOf,
} from './kstatus-status.ts'
import type { ObjectStatus } from './kstatus-status.ts'
import type { KubernetesObject } from './object.ts'

/** Of a Pod: ready, or ended well. What its containers wait for is the reason. */
export function podStatus(object: KubernetesObject): ObjectStatus {
  const status = statusOf(object)
  const phase = textOf(status['phase']) ?? 'Pending'
  if (phase === 'Succeeded') return current('completed')
  if (phase === 'Failed') return failed(textOf(status['message']) ?? 'failed', textOf(status['reason']) ?? 'PodFailed')
  if (phase === 'Unknown') return { word: 'Unknown', reason: 'PodUnknown', message: 'its node does not answer' }
  if (conditionOf(object, 'Ready')?.status === 'True') return current('ready')
  const scheduled = conditionOf(object, 'PodScheduled')
  if (scheduled?.status === 'False')
    return inProgress(scheduled.message ?? 'cannot be scheduled', scheduled.reason ?? 'Unschedulable')
  const waiting = waitingReason(object)
  return waiting === undefined
    ? inProgress(phase.toLowerCase(), phase === 'Running' ? 'PodNotReady' : 'PodPending')
    : inProgress(waiting, waiting)
}

/**
 * Of a Job: complete, or failed for good. Upstream calls a Job current as soon as it has started; whoever applies a
 * migration wants to know how it ended.
 * @see https://kubernetes.io/docs/concepts/workloads/controllers/job/#terminal-job-conditions
 */
export function jobStatus(object: KubernetesObject): ObjectStatus {
  const [spec, status] = [specOf(object), statusOf(object)]
  const [succeeded, active, unsuccessful] = ['succeeded', 'active', 'failed'].map(
    (field) => numberOf(status[field]) ?? 0,
  )
  // Without a number of completions one that succeeds ends the work.
  const completions = numberOf(spec['completions']) ?? 1
  if (conditionOf(object, 'Complete')?.status === 'True') return current(`${succeeded}/${completions} completed`)
  for (const type of ['Failed', 'FailureTarget']) {
    const end = conditionOf(object, type)
    if (end?.status === 'True') return failed(end.message ?? 'failed', end.reason ?? 'JobFailed')
  }
  if (spec['suspend'] === true) return current('is suspended: nothing runs', 'Suspended')
  if (status['startTime'] === undefined) return inProgress('not started yet', 'JobNotStarted')
  const trouble = unsuccessful === 0 ? '' : `, ${unsuccessful} failed`
  return inProgress(`${succeeded}/${completions} completed, ${active} active${trouble}`, 'JobInProgress')
}

/** Why a container of a pod waits, init containers first. */
export function waitingReason(pod: KubernetesObject): string | undefined {
  const status = statusOf(pod)
  const containers = [status['initContainerStatuses'], status['containerStatuses']].flatMap((list) =>
    Array.isArray(list) ? (list as unknown[]) : [],
  )
  for (const container of containers) {
    const waiting = fieldsOf(fieldsOf(fieldsOf(container)['state'])['waiting'])
    const reason = textOf(waiting['reason'])
    if (reason !== undefined && reason !== 'PodInitializing') return reason
  }
  return undefined
}
