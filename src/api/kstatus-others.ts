import { conditionOf, current, failed, fieldsOf, inProgress, specOf, statusOf, textOf } from './kstatus-status.ts'
import type { ObjectStatus } from './kstatus-status.ts'
import type { KubernetesObject } from './object.ts'

/** Who is to use a claim whose class binds it to a volume only once a pod needs it. */
export type FirstConsumer = 'coming' | 'none'

/**
 * Of a PersistentVolumeClaim: bound, where something is there to bind it.
 * @param firstConsumer absent where the class binds at once, or is not known
 * @see https://kubernetes.io/docs/concepts/storage/storage-classes/#volume-binding-mode
 */
export function claimStatus(object: KubernetesObject, firstConsumer: FirstConsumer | undefined): ObjectStatus {
  const phase = textOf(statusOf(object)['phase']) ?? 'Pending'
  if (phase === 'Bound') return current('bound')
  if (phase === 'Lost') return failed('lost', 'ClaimLost')
  if (firstConsumer === 'none') return current('is bound once a pod uses it', 'WaitForFirstConsumer')
  if (firstConsumer === 'coming') return inProgress('waits for the pod that uses it', 'WaitForFirstConsumer')
  return inProgress(phase.toLowerCase(), 'ClaimPending')
}

/** Of a Service: one that asks for a load balancer has its address. Upstream looks for a cluster address only. */
export function serviceStatus(object: KubernetesObject): ObjectStatus {
  const spec = specOf(object)
  if (spec['type'] !== 'LoadBalancer') return current('')
  const { ingress } = fieldsOf(statusOf(object)['loadBalancer'])
  const addresses: unknown[] = [
    ...(Array.isArray(ingress) ? (ingress as unknown[]) : []),
    ...listOf(spec['externalIPs']),
  ]
  return addresses.length > 0
    ? current('has an address')
    : inProgress('no load balancer gave it an address yet', 'LoadBalancerPending')
}

/**
 * Of a CustomResourceDefinition: served, or never to be served because its names belong to another one.
 * @see https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/
 */
export function definitionStatus(object: KubernetesObject): ObjectStatus {
  const names = conditionOf(object, 'NamesAccepted')
  if (names?.status === 'False')
    return failed(names.message ?? 'its names are taken', names.reason ?? 'NamesNotAccepted')
  const established = conditionOf(object, 'Established')
  if (established?.status === 'True') return current('established')
  if (established?.status === 'False' && established.reason !== 'Installing' && names !== undefined)
    return failed(established.message ?? 'cannot be served', established.reason ?? 'NotEstablished')
  return inProgress('not established yet', 'Installing')
}

/** Of an APIService: the server behind it answers. */
export function apiServiceStatus(object: KubernetesObject): ObjectStatus {
  const available = conditionOf(object, 'Available')
  return available?.status === 'True'
    ? current('available')
    : inProgress(available?.message ?? 'not available yet', available?.reason ?? 'NotAvailable')
}

/** Of a PodDisruptionBudget: its controller has computed how many pods may go, whatever the number is. */
export function disruptionBudgetStatus(object: KubernetesObject): ObjectStatus {
  const allowed = conditionOf(object, 'DisruptionAllowed')
  if (allowed?.reason === 'SyncFailed') return inProgress(allowed.message ?? 'cannot be computed', 'SyncFailed')
  return current('computed')
}

/** Of our own resource, which has a word for every phase. */
export function databaseStatus(object: KubernetesObject): ObjectStatus {
  if (object['status'] === undefined) return inProgress('no status yet: nothing runs its phases', 'NoStatusYet')
  const ready = conditionOf(object, 'Ready')
  return ready?.status === 'True'
    ? current(String(statusOf(object)['phase']))
    : inProgress(ready?.reason ?? 'not ready', ready?.reason)
}

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? (value as unknown[]) : [])
