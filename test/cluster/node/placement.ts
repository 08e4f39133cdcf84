/**
 * Whether a pod fits on the one node there is: the part of a scheduler that a single node needs.
 *
 * Node selectors, requests and claims are looked at; affinity, taints and topology are not, they need several nodes.
 */
import type { PersistentVolumeClaim, Pod, StorageClass } from './objects.ts'
import { parseQuantity } from './quantity.ts'

/** Resources that pods ask for: cores, bytes, and how many pods they are. */
export interface Usage {
  readonly cpu: number
  readonly memory: number
  readonly pods: number
}

/** What the decision depends on. */
export interface PlacementWorld {
  readonly nodeName: string
  readonly nodeLabels: Readonly<Record<string, string>>
  readonly allocatable: Readonly<Record<string, string>>
  /** What the pods on the node that have not ended ask for. */
  readonly used: Usage
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

/** No pods at all. */
export const noUsage: Usage = { cpu: 0, memory: 0, pods: 0 }

/** `usage` and what `pod` asks for. */
export function addUsage(usage: Usage, pod: Pod): Usage {
  return {
    cpu: usage.cpu + effectiveRequest(pod, 'cpu'),
    memory: usage.memory + effectiveRequest(pod, 'memory'),
    pods: usage.pods + 1,
  }
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
  const used = addUsage(world.used, pod)
  for (const resource of ['cpu', 'memory'] as const) {
    const allocatable = parseQuantity(world.allocatable[resource] ?? '0')
    if (used[resource] > allocatable) return unschedulable(`1 Insufficient ${resource}`)
  }
  if (used.pods > parseQuantity(world.allocatable['pods'] ?? '110')) return unschedulable('1 Too many pods')
  return waiting.length === 0 ? { action: 'bind' } : { action: 'provision', claims: waiting }
}
