import type { KubernetesObject } from './object.ts'

/**
 * Status words that every tool shares.
 * @see https://github.com/kubernetes-sigs/cli-utils/blob/master/pkg/kstatus/README.md
 */
export type StatusWord = 'InProgress' | 'Current' | 'Failed' | 'Terminating' | 'NotFound' | 'Unknown'

/** A status and what it rests on. */
export interface ObjectStatus {
  readonly word: StatusWord
  readonly message: string
}

interface StatusCondition {
  readonly type: string
  readonly status: string
  readonly reason?: string
  readonly message?: string
}

type Fields = Readonly<Record<string, unknown>>

/** Rules for kinds that say more than their conditions do. They see the object after the common rules. */
const RULES: Readonly<Record<string, (object: KubernetesObject) => ObjectStatus>> = {
  StatefulSet: statefulSetStatus,
  PersistentVolumeClaim: (object) => {
    const phase = textAt(object, 'phase') ?? 'Pending'
    return phase === 'Bound'
      ? current('bound')
      : { word: phase === 'Lost' ? 'Failed' : 'InProgress', message: phase.toLowerCase() }
  },
  Pod: (object) => {
    const phase = textAt(object, 'phase') ?? 'Pending'
    if (phase === 'Succeeded') return current('completed')
    if (phase === 'Failed') return { word: 'Failed', message: textAt(object, 'message') ?? 'failed' }
    const ready = condition(object, 'Ready')
    return ready?.status === 'True' ? current('ready') : inProgress(waitingReason(object) ?? phase.toLowerCase())
  },
  CustomResourceDefinition: (object) =>
    condition(object, 'Established')?.status === 'True' ? current('established') : inProgress('not established yet'),
  Database: (object) => {
    if (object['status'] === undefined) return inProgress('no status yet: nothing runs its phases')
    const ready = condition(object, 'Ready')
    return ready?.status === 'True'
      ? current(String(fields(object['status'])['phase']))
      : inProgress(ready?.reason ?? 'not ready')
  },
}

/**
 * The status of an object, computed from itself alone: being deleted, not observed yet, reconciling, stalled, then the
 * rule of its kind, then `Ready`, otherwise current.
 */
export function objectStatus(object: KubernetesObject | undefined): ObjectStatus {
  if (object === undefined) return { word: 'NotFound', message: 'does not exist' }
  if (object.metadata.deletionTimestamp !== undefined) return { word: 'Terminating', message: 'is being deleted' }
  const observed = fields(object['status'])['observedGeneration']
  if (
    typeof observed === 'number' &&
    object.metadata.generation !== undefined &&
    observed !== object.metadata.generation
  ) {
    return inProgress(`generation ${object.metadata.generation} is not observed yet (${observed} is)`)
  }
  const stalled = condition(object, 'Stalled')
  if (stalled?.status === 'True')
    return { word: 'Failed', message: `${stalled.reason ?? 'Stalled'}: ${stalled.message ?? ''}` }
  const reconciling = condition(object, 'Reconciling')
  if (reconciling?.status === 'True')
    return inProgress(`${reconciling.reason ?? 'Reconciling'}${reconciling.message ? `: ${reconciling.message}` : ''}`)
  const rule = RULES[object.kind]
  if (rule !== undefined) return rule(object)
  const ready = condition(object, 'Ready')
  return ready === undefined || ready.status === 'True' ? current('') : inProgress(ready.message ?? 'not ready')
}

function statefulSetStatus(object: KubernetesObject): ObjectStatus {
  const spec = fields(object['spec'])
  const status = fields(object['status'])
  const wanted = Number(spec['replicas'] ?? 1)
  const [ready, updated] = [Number(status['readyReplicas'] ?? 0), Number(status['updatedReplicas'] ?? 0)]
  if (status['observedGeneration'] === undefined) return inProgress('not observed yet')
  if (ready < wanted) return inProgress(`${ready}/${wanted} ready`)
  if (status['currentRevision'] !== status['updateRevision'] && updated < wanted)
    return inProgress(`${updated}/${wanted} updated`)
  return current(`${ready}/${wanted} ready`)
}

/** Why a container of a pod waits, init containers first. */
export function waitingReason(pod: KubernetesObject): string | undefined {
  const status = fields(pod['status'])
  const containers = [status['initContainerStatuses'], status['containerStatuses']].flatMap((list) =>
    Array.isArray(list) ? (list as unknown[]) : [],
  )
  for (const container of containers) {
    const waiting = fields(fields(fields(container)['state'])['waiting'])
    const reason = waiting['reason']
    if (typeof reason === 'string' && reason !== 'PodInitializing') return reason
  }
  return undefined
}

function condition(object: KubernetesObject, type: string): StatusCondition | undefined {
  const conditions = fields(object['status'])['conditions']
  return Array.isArray(conditions) ? (conditions as StatusCondition[]).find((entry) => entry.type === type) : undefined
}

const textAt = (object: KubernetesObject, field: string): string | undefined => {
  const text = fields(object['status'])[field]
  return typeof text === 'string' ? text : undefined
}

const fields = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {})
const current = (message: string): ObjectStatus => ({ word: 'Current', message })
const inProgress = (message: string): ObjectStatus => ({ word: 'InProgress', message })
