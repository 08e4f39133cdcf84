import type { KubernetesObject, ObjectReference } from '../api/object.ts'
import { isJsonObject } from '../cluster/json-object.ts'

/**
 * What stands in `spec` of a Lease.
 * @see https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/lease-v1/
 */
export interface LeaseRecord {
  /** Empty: nobody leads. */
  readonly holderIdentity: string
  readonly leaseDurationSeconds: number
  /** MicroTime. */
  readonly acquireTime: string
  /** MicroTime. */
  readonly renewTime: string
  /** How often the holder changed. */
  readonly leaseTransitions: number
}

/** A moment as the API server demands it of a Lease: `2026-11-21T12:00:00.000000Z`, with all six digits. */
export function formatMicroTime(epochMs: number): string {
  const micros = Math.floor((epochMs - Math.floor(epochMs)) * 1000)
  return `${new Date(epochMs).toISOString().slice(0, -1)}${String(micros).padStart(3, '0')}Z`
}

/** What a Lease says; whatever is missing or no such value counts as nothing. */
export function recordOf({ spec }: KubernetesObject): LeaseRecord {
  const fields = isJsonObject(spec) ? spec : {}
  const text = (field: string): string => (typeof fields[field] === 'string' ? fields[field] : '')
  const number = (field: string): number => (typeof fields[field] === 'number' ? fields[field] : 0)
  return {
    holderIdentity: text('holderIdentity'),
    leaseDurationSeconds: number('leaseDurationSeconds'),
    acquireTime: text('acquireTime'),
    renewTime: text('renewTime'),
    leaseTransitions: number('leaseTransitions'),
  }
}

/** A Lease that is to be created. */
export function newLease({ apiVersion, kind, namespace, name }: ObjectReference, spec: LeaseRecord): KubernetesObject {
  return { apiVersion, kind, metadata: { name, ...(namespace === undefined ? {} : { namespace }) }, spec }
}

/** A Lease as it was read, with another record. Fields that are nobody's business here stay. */
export function withRecord(lease: KubernetesObject, record: LeaseRecord): KubernetesObject {
  return { ...lease, spec: { ...(isJsonObject(lease['spec']) ? lease['spec'] : {}), ...record } }
}
