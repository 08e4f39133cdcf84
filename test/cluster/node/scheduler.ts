/** Brings pods without a node to the node, and says in their status why one cannot go there. */
import { ApiError } from '../api-client.ts'
import type { ApiClient } from '../api-client.ts'
import type { EventRecorder } from './events.ts'
import { timestamp } from './objects.ts'
import type { Condition, PersistentVolumeClaim, Pod } from './objects.ts'
import { addUsage, noUsage, placePod, selectedNodeAnnotation } from './placement.ts'
import type { PlacementWorld } from './placement.ts'

/** What the scheduler works with. */
export interface SchedulerOptions {
  readonly api: ApiClient
  readonly events: EventRecorder
  readonly world: Omit<PlacementWorld, 'used'>
  /** Pods that are on the node and have not ended. */
  placed(): Iterable<Pod>
  isUnschedulable(pod: Pod): boolean
  log(line: string): void
}

const retryMs = 1000
/** Changes of several objects that belong together arrive within this time. */
const settleMs = 5
/** A pod may be seen before its claims: only what lasts longer is reported. */
const reportAfterMs = 300

/**
 * Places pods. Decisions are made one after another, so that the second of two pods that do not fit together sees the
 * first; the requests that follow from them run side by side.
 */
export class Scheduler {
  readonly #options: SchedulerOptions
  readonly #waiting = new Map<string, { pod: Pod; readonly sinceMs: number }>()
  /** Pods that are being bound and may not be visible on the node yet. */
  readonly #assumed = new Map<string, Pod>()
  /** Requests under way, by what they are about. */
  readonly #busy = new Set<string>()
  readonly #timer: NodeJS.Timeout
  #round: NodeJS.Timeout | undefined
  #stopped = false

  constructor(options: SchedulerOptions) {
    this.#options = options
    this.#timer = setInterval(() => this.kick(), retryMs)
    this.#timer.unref()
  }

  /** Takes notice of a pod that has no node yet. */
  add(pod: Pod): void {
    const uid = pod.metadata.uid ?? ''
    this.#waiting.set(uid, { pod, sinceMs: this.#waiting.get(uid)?.sinceMs ?? Date.now() })
    this.kick()
  }

  /** Forgets a pod that has a node or is gone. */
  delete(uid: string): void {
    this.#waiting.delete(uid)
    this.#assumed.delete(uid)
  }

  /** Something has changed that may let a pod fit: look at all of them again, soon. */
  kick(): void {
    if (this.#stopped || this.#waiting.size === 0) return
    this.#round ??= setTimeout(() => this.#decide(), settleMs)
  }

  /** No more decisions. */
  stop(): void {
    this.#stopped = true
    clearInterval(this.#timer)
    clearTimeout(this.#round)
  }

  #decide(): void {
    this.#round = undefined
    let used = noUsage
    for (const pod of this.#options.placed()) {
      this.#assumed.delete(pod.metadata.uid ?? '')
      used = addUsage(used, pod)
    }
    for (const pod of this.#assumed.values()) used = addUsage(used, pod)
    for (const [uid, { pod, sinceMs }] of this.#waiting) {
      if ((pod.spec.schedulingGates ?? []).length > 0 || pod.metadata.deletionTimestamp !== undefined) continue
      if (this.#assumed.has(uid)) continue
      const placement = this.#options.isUnschedulable(pod)
        ? ({ action: 'unschedulable', message: '0/1 nodes are available: 1 node(s) were unschedulable.' } as const)
        : placePod(pod, { ...this.#options.world, used })
      if (placement.action === 'bind') {
        used = addUsage(used, pod)
        this.#assumed.set(uid, pod)
        this.#request(`bind/${uid}`, () => this.#bind(pod))
      } else if (placement.action === 'provision') {
        for (const claim of placement.claims) {
          this.#request(`claim/${claim.metadata.uid}`, () => this.#selectNode(claim))
        }
      } else if (Date.now() - sinceMs >= reportAfterMs) {
        this.#request(`report/${uid}`, () => this.#report(pod, placement.message))
      }
    }
  }

  #request(about: string, run: () => Promise<void>): void {
    if (this.#busy.has(about)) return
    this.#busy.add(about)
    run()
      .catch((error: unknown) => {
        // Gone, or bound by somebody else: its own event will say so. Everything else is tried again by the timer.
        if (error instanceof ApiError && (error.code === 404 || error.code === 409)) return
        if (!this.#stopped) this.#options.log(`placing pods: ${about}: ${String(error)}`)
      })
      .finally(() => this.#busy.delete(about))
  }

  async #bind(pod: Pod): Promise<void> {
    const { api, events, world } = this.#options
    const { name, namespace, uid = '' } = pod.metadata
    const target = { apiVersion: 'v1', kind: 'Node', name: world.nodeName }
    const binding = { apiVersion: 'v1', kind: 'Binding', metadata: { name, uid }, target }
    try {
      await api.create(`/api/v1/namespaces/${namespace}/pods/${name}/binding`, binding)
    } catch (error) {
      this.#assumed.delete(uid)
      throw error
    }
    this.#waiting.delete(uid)
    events.record(pod, 'Normal', 'Scheduled', `Successfully assigned ${namespace}/${name} to ${world.nodeName}`)
  }

  async #selectNode({ metadata }: PersistentVolumeClaim): Promise<void> {
    const { api, world } = this.#options
    if (metadata.annotations?.[selectedNodeAnnotation] === world.nodeName) return
    const path = `/api/v1/namespaces/${metadata.namespace}/persistentvolumeclaims/${metadata.name}`
    await api.merge(path, { metadata: { annotations: { [selectedNodeAnnotation]: world.nodeName } } })
  }

  async #report(pod: Pod, message: string): Promise<void> {
    const { api, events } = this.#options
    const { name, namespace, uid } = pod.metadata
    const before = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled')
    events.record(pod, 'Warning', 'FailedScheduling', message)
    if (before?.message === message) return
    const condition: Condition = {
      type: 'PodScheduled',
      status: 'False',
      reason: 'Unschedulable',
      message,
      lastProbeTime: null,
      lastTransitionTime: before?.status === 'False' ? (before.lastTransitionTime ?? timestamp()) : timestamp(),
    }
    const others = (pod.status?.conditions ?? []).filter(({ type }) => type !== 'PodScheduled')
    const path = `/api/v1/namespaces/${namespace}/pods/${name}/status`
    await api.merge(path, { metadata: { uid }, status: { conditions: [...others, condition] } })
  }
}
