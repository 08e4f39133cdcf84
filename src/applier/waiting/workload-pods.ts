import type { KubernetesObject } from '../../api/object.ts'
import { podRevision } from '../../phases/pod.ts'

/** Kinds that run pods, by group and version. */
const WORKLOADS: ReadonlySet<string> = new Set([
  'apps/v1 DaemonSet',
  'apps/v1 Deployment',
  'apps/v1 ReplicaSet',
  'apps/v1 StatefulSet',
  'batch/v1 Job',
  'v1 Pod',
  'v1 ReplicationController',
])

/** Whether the status of an object rests on pods. */
export function isWorkload({ apiVersion, kind }: Pick<KubernetesObject, 'apiVersion' | 'kind'>): boolean {
  return WORKLOADS.has(`${apiVersion} ${kind}`)
}

/** Pods by what controls them. */
export class PodIndex {
  readonly #byOwner = new Map<string, KubernetesObject[]>()

  constructor(pods: Iterable<KubernetesObject>) {
    for (const pod of pods) {
      const owner = pod.metadata.ownerReferences?.find(({ controller }) => controller === true)
      if (owner === undefined) continue
      this.#add(owner.uid, pod)
      const deployment = deploymentOf(owner, pod)
      if (deployment !== undefined) this.#add(deployment, pod)
    }
  }

  /** The pods of a workload; those of its present template first. */
  of(workload: KubernetesObject): readonly KubernetesObject[] {
    const { kind, metadata } = workload
    if (kind === 'Pod') return [workload]
    const key = kind === 'Deployment' ? deploymentKey(metadata.namespace, metadata.name) : (metadata.uid ?? '')
    const pods = this.#byOwner.get(key) ?? []
    const present = presentRevision(workload, pods)
    return pods.toSorted((left, right) => Number(revisionOf(right) === present) - Number(revisionOf(left) === present))
  }

  #add(key: string, pod: KubernetesObject): void {
    const known = this.#byOwner.get(key)
    if (known === undefined) this.#byOwner.set(key, [pod])
    else known.push(pod)
  }
}

/** Pods without those of a template that is about to go. Kinds that replace pods in turn are held up by old ones too. */
export function presentPods(
  workload: KubernetesObject,
  pods: readonly KubernetesObject[],
): readonly KubernetesObject[] {
  if (workload.kind !== 'Deployment' && workload.kind !== 'DaemonSet') return pods
  const present = presentRevision(workload, pods)
  return pods.filter((pod) => revisionOf(pod) === present)
}

/**
 * The revision that pods should be of. Only a StatefulSet tells; of the others the youngest pod is of the template that
 * was applied last.
 */
function presentRevision(workload: KubernetesObject, pods: readonly KubernetesObject[]): string | undefined {
  const told = (workload['status'] as { updateRevision?: string } | undefined)?.updateRevision
  if (told !== undefined) return told
  let youngest: KubernetesObject | undefined
  for (const pod of pods) if (youngest === undefined || bornAt(pod) > bornAt(youngest)) youngest = pod
  return youngest === undefined ? undefined : revisionOf(youngest)
}

const bornAt = ({ metadata }: KubernetesObject): string => metadata.creationTimestamp ?? ''

function revisionOf(pod: KubernetesObject): string | undefined {
  return pod.metadata.labels?.['pod-template-hash'] ?? podRevision(pod)
}

/** A Deployment names its ReplicaSets after itself and the hash of the template, which the pods carry as a label. */
function deploymentOf(owner: { kind: string; name: string }, pod: KubernetesObject): string | undefined {
  const suffix = `-${pod.metadata.labels?.['pod-template-hash'] ?? ''}`
  if (owner.kind !== 'ReplicaSet' || suffix === '-' || !owner.name.endsWith(suffix)) return undefined
  return deploymentKey(pod.metadata.namespace, owner.name.slice(0, -suffix.length))
}

const deploymentKey = (namespace: string | undefined, name: string): string => `Deployment ${namespace ?? ''}/${name}`
