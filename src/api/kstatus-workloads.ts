import { conditionOf, current, failed, fieldsOf, inProgress, numberOf, specOf, statusOf } from './kstatus-status.ts'
import type { ObjectStatus } from './kstatus-status.ts'
import type { KubernetesObject } from './object.ts'

/** What a Deployment means by "no deadline". */
const NO_DEADLINE = 2 ** 31 - 1

/**
 * Complete when every pod is of the new template and available, and the controller says so.
 * @see https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#complete-deployment
 */
export function deploymentStatus(object: KubernetesObject): ObjectStatus {
  const spec = specOf(object)
  // Somebody asked for no rollout; to wait for one would be to wait for that person.
  if (spec['paused'] === true) return current('is paused: nothing is rolled out', 'Paused')
  const progressing = conditionOf(object, 'Progressing')
  if (progressing?.reason === 'ProgressDeadlineExceeded')
    return failed(progressing.message ?? 'made no progress in time', 'ProgressDeadlineExceeded')
  const failure = replicaFailure(object)
  if (failure !== undefined) return failure
  const { wanted, replicas, ready, available, updated } = replicaCounts(object)
  const unready = missing('LessUpdated', 'updated', updated ?? 0, wanted) ?? extraPods(replicas, wanted)
  if (unready !== undefined) return unready
  const count = missing('LessReady', 'ready', ready, wanted) ?? lessAvailable(object, available, wanted)
  if (count !== undefined) return count
  // Without a deadline the controller keeps no such condition.
  const isJudged = (spec['progressDeadlineSeconds'] ?? NO_DEADLINE) !== NO_DEADLINE
  if (isJudged && progressing?.reason !== 'NewReplicaSetAvailable')
    return inProgress(progressing?.message ?? 'the new ReplicaSet is not available yet', 'ReplicaSetNotAvailable')
  return conditionOf(object, 'Available')?.status === 'True'
    ? current(`${available}/${wanted} available`)
    : inProgress('fewer pods are available than the strategy asks for', 'DeploymentNotAvailable')
}

/** Of a ReplicaSet, and of a ReplicationController. */
export function replicaSetStatus(object: KubernetesObject): ObjectStatus {
  const failure = replicaFailure(object)
  if (failure !== undefined) return failure
  const { wanted, replicas, ready, available } = replicaCounts(object)
  const labelled = numberOf(statusOf(object)['fullyLabeledReplicas']) ?? 0
  return (
    missing('LessLabelled', 'labelled', labelled, wanted) ??
    missing('LessReady', 'ready', ready, wanted) ??
    lessAvailable(object, available, wanted) ??
    extraPods(replicas, wanted) ??
    current(`${available}/${wanted} available`)
  )
}

/**
 * Beyond upstream: counts available pods where `minReadySeconds` asks for it, and does not call a StatefulSet with
 * `OnDelete` current whatever its pods do.
 * @see https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#update-strategies
 */
export function statefulSetStatus(object: KubernetesObject): ObjectStatus {
  const status = statusOf(object)
  const { wanted, replicas, ready, available, updated } = replicaCounts(object)
  const count =
    missing('LessReady', 'ready', ready, wanted) ??
    lessAvailable(object, available, wanted) ??
    extraPods(replicas, wanted)
  if (count !== undefined) return count
  const changed = updated ?? (status['currentRevision'] === status['updateRevision'] ? wanted : 0)
  const strategy = fieldsOf(specOf(object)['updateStrategy'])
  if (strategy['type'] === 'OnDelete') {
    return changed < wanted
      ? current(
          `${ready}/${wanted} ready, ${changed}/${wanted} updated: the others change when they are deleted`,
          'OnDelete',
        )
      : current(`${ready}/${wanted} ready`)
  }
  const partition = numberOf(fieldsOf(strategy['rollingUpdate'])['partition']) ?? 0
  if (partition > 0) {
    const first = numberOf(fieldsOf(specOf(object)['ordinals'])['start']) ?? 0
    const wantedChanged = wanted - Math.min(Math.max(partition - first, 0), wanted)
    return changed < wantedChanged
      ? inProgress(`${changed}/${wantedChanged} updated (partition ${partition})`, 'PartitionRollout')
      : current(`${ready}/${wanted} ready, those from ordinal ${partition} on updated`, 'PartitionRollout')
  }
  // The revisions become equal only at the very end; before that a full count already tells.
  if (status['currentRevision'] !== status['updateRevision'] && changed < wanted)
    return inProgress(`${changed}/${wanted} updated`, 'LessUpdated')
  return current(`${ready}/${wanted} ready`)
}

/** A pod on every node that is wanted, each of the new template unless they change on deletion only. */
export function daemonSetStatus(object: KubernetesObject): ObjectStatus {
  const status = statusOf(object)
  const wanted = numberOf(status['desiredNumberScheduled'])
  if (wanted === undefined) return inProgress('not observed yet', 'NotObserved')
  const [scheduled = 0, updated = 0, ready = 0, available = 0] = [
    'currentNumberScheduled',
    'updatedNumberScheduled',
    'numberReady',
    'numberAvailable',
  ].map((field) => numberOf(status[field]))
  const isOnDelete = fieldsOf(specOf(object)['updateStrategy'])['type'] === 'OnDelete'
  return (
    missing('LessScheduled', 'scheduled', scheduled, wanted) ??
    (isOnDelete ? undefined : missing('LessUpdated', 'updated', updated, wanted)) ??
    missing('LessReady', 'ready', ready, wanted) ??
    lessAvailable(object, available, wanted) ??
    (updated < wanted
      ? current(
          `${ready}/${wanted} ready, ${updated}/${wanted} updated: the others change when they are deleted`,
          'OnDelete',
        )
      : current(`${available}/${wanted} available`))
  )
}

/** Whether the controller has said anything about an object of a kind that always gets a status. */
export const isUnobserved = (object: KubernetesObject): boolean =>
  numberOf(statusOf(object)['observedGeneration']) === undefined

interface ReplicaCounts {
  readonly wanted: number
  readonly replicas: number
  readonly ready: number
  readonly available: number
  readonly updated: number | undefined
}

function replicaCounts(object: KubernetesObject): ReplicaCounts {
  const status = statusOf(object)
  const ready = numberOf(status['readyReplicas']) ?? 0
  return {
    wanted: numberOf(specOf(object)['replicas']) ?? 1,
    replicas: numberOf(status['replicas']) ?? ready,
    ready,
    // Servers before 1.22 count no available pods of a StatefulSet.
    available: numberOf(status['availableReplicas']) ?? (object.kind === 'StatefulSet' ? ready : 0),
    updated: numberOf(status['updatedReplicas']),
  }
}

/** A quota, or an admission that says no to pods, shows here and nowhere else. */
function replicaFailure(object: KubernetesObject): ObjectStatus | undefined {
  const failure = conditionOf(object, 'ReplicaFailure')
  if (failure?.status !== 'True') return undefined
  return inProgress(failure.message ?? 'cannot create pods', failure.reason ?? 'ReplicaFailure')
}

function missing(reason: string, what: string, count: number, wanted: number): ObjectStatus | undefined {
  return count < wanted ? inProgress(`${count}/${wanted} ${what}`, reason) : undefined
}

function lessAvailable(object: KubernetesObject, count: number, wanted: number): ObjectStatus | undefined {
  if (count >= wanted) return undefined
  const seconds = numberOf(specOf(object)['minReadySeconds']) ?? 0
  const rule = seconds > 0 ? ` (ready for ${seconds} s)` : ''
  return inProgress(`${count}/${wanted} available${rule}`, 'LessAvailable')
}

function extraPods(count: number, wanted: number): ObjectStatus | undefined {
  if (count <= wanted) return undefined
  return inProgress(`${count - wanted} old ${count - wanted === 1 ? 'pod' : 'pods'} still to end`, 'ExtraPods')
}
