/**
 * Whether a pod fits on the one node there is: the part of a scheduler that a single node needs.
 *
 * Node selectors, requests and claims are looked at; affinity, taints and topology are not, they need several nodes.
 */
import type { PersistentVolumeClaim, Pod, StorageClass } from './objects.ts'
import { parseQuantity } from './quantity.ts'

/** What the decision depends on. */
export interface PlacementWorld {
  readonly nodeName: string
  readonly nodeLabels: Readonly<Record<string, string>>
  readonly allocatable: Readonly<Record<string, string>>
  /** Pods that are on the node and have not ended. */
  readonly placed: readonly Pod[]
  claim(namespace: string, name: string): PersistentVolumeClaim | undefined
  storageClass(name: string): StorageClass | undefined
}

/** What to do with a pod that has no node. */
export type Placement =
  | { readonly action: 'bind' }
  /** These claims wait for their first consumer: tell their provisioner the node, and look again. */
  | { readonly action: 'provision'; readonly claims: readonly PersistentVolumeClaim[] }
  | { readonly action: 'unschedulable'; readonly message: string }

/** Tells the provisioner of a claim with `WaitForFirstConsumer` where the volume is wanted. */
export const selectedNodeAnnotation = 'volume.kubernetes.io/selected-node'

const effectiveRequest = (pod: Pod, resource: string): number => {
  const requestOf = (containers: Pod['spec']['containers'] = []): number[] =>
    containers.map(({ resources }) => parseQuantity(resources?.requests?.[resource] ?? '0'))
  const sum = requestOf(pod.spec.containers).reduce((total, each) => total + each, 0)
  return Math.max(sum, 0, ...requestOf(pod.spec.initContainers))
}

const unschedulable = (why: string): Placement => ({
  action: 'unschedulable',
  message: `0/1 nodes are available: ${why}. preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.`,
})

/** Decides where `pod` goes. Pure. */
export function placePod(pod: Pod, world: PlacementWorld): Placement {
  const selector = Object.entries(pod.spec.nodeSelector ?? {})
  if (!selector.every(([key, value]) => world.nodeLabels[key] === value)) {
    return unschedulable("1 node(s) didn't match Pod's node affinity/selector")
  }
  const waiting: PersistentVolumeClaim[] = []
  for (const { persistentVolumeClaim } of pod.spec.volumes ?? []) {
    if (persistentVolumeClaim === undefined) continue
    const claim = world.claim(pod.metadata.namespace ?? '', persistentVolumeClaim.claimName)
    if (claim === undefined)
      return unschedulable(`persistentvolumeclaim "${persistentVolumeClaim.claimName}" not found`)
    if (claim.metadata.deletionTimestamp !== undefined) {
      return unschedulable(`persistentvolumeclaim "${claim.metadata.name}" is being deleted`)
    }
    if (claim.status?.phase === 'Bound') continue
    if (claim.status?.phase === 'Lost') {
      return unschedulable(`persistentvolumeclaim "${claim.metadata.name}" bound to non-existent persistentvolume`)
    }
    const storageClass = world.storageClass(claim.spec.storageClassName ?? '')
    if (storageClass?.volumeBindingMode !== 'WaitForFirstConsumer') {
      return unschedulable('pod has unbound immediate PersistentVolumeClaims')
    }
    waiting.push(claim)
  }
  for (const resource of ['cpu', 'memory']) {
    const allocatable = parseQuantity(world.allocatable[resource] ?? '0')
    const used = world.placed.reduce((total, each) => total + effectiveRequest(each, resource), 0)
    if (used + effectiveRequest(pod, resource) > allocatable) return unschedulable(`1 Insufficient ${resource}`)
  }
  if (world.placed.length + 1 > parseQuantity(world.allocatable['pods'] ?? '110'))
    return unschedulable('1 Too many pods')
  return waiting.length === 0 ? { action: 'bind' } : { action: 'provision', claims: waiting }
}
