/** Brings pods without a node to the node, and says in their status why one cannot go there. */
import { ApiError } from '../api-client.ts'
import type { ApiClient } from '../api-client.ts'
import type { EventRecorder } from './events.ts'
import { timestamp } from './objects.ts'
import type { Condition, Pod } from './objects.ts'
import { placePod, selectedNodeAnnotation } from './placement.ts'
import type { PlacementWorld } from './placement.ts'

/** What the scheduler works with. */
export interface SchedulerOptions {
  readonly api: ApiClient
  readonly events: EventRecorder
  readonly world: PlacementWorld
  isUnschedulable(pod: Pod): boolean
  log(line: string): void
}

const retryMs = 1000

/** Places pods one at a time: the second of two that do not fit together must see the first. */
export class Scheduler {
  readonly #options: SchedulerOptions
  readonly #waiting = new Map<string, Pod>()
  readonly #timer: NodeJS.Timeout
  #running = false
  #again = false
  #stopped = false

  constructor(options: SchedulerOptions) {
    this.#options = options
    this.#timer = setInterval(() => this.kick(), retryMs)
    this.#timer.unref()
  }

  /** Takes notice of a pod that has no node yet. */
  add(pod: Pod): void {
    this.#waiting.set(pod.metadata.uid ?? '', pod)
    this.kick()
  }

  /** Forgets a pod that has a node or is gone. */
  delete(uid: string): void {
    this.#waiting.delete(uid)
  }

  /** Something has changed that may let a pod fit: look at all of them again. */
  kick(): void {
    this.#again = true
    if (this.#running || this.#stopped) return
    this.#running = true
    void this.#round().finally(() => (this.#running = false))
  }

  /** No more decisions. */
  stop(): void {
    this.#stopped = true
    clearInterval(this.#timer)
  }

  async #round(): Promise<void> {
    while (this.#again && !this.#stopped) {
      this.#again = false
      for (const pod of this.#waiting.values()) {
        try {
          await this.#place(pod)
        } catch (error) {
          // Gone, or bound by somebody else: its own event will say so. Everything else is tried again by the timer.
          if (!(error instanceof ApiError && (error.code === 404 || error.code === 409))) {
            this.#options.log(`placing ${pod.metadata.namespace}/${pod.metadata.name}: ${String(error)}`)
          }
        }
      }
    }
  }

  async #place(pod: Pod): Promise<void> {
    const { api, events, world } = this.#options
    if ((pod.spec.schedulingGates ?? []).length > 0 || pod.metadata.deletionTimestamp !== undefined) return
    const { name, namespace, uid } = pod.metadata
    const path = `/api/v1/namespaces/${namespace}/pods/${name}`
    const placement = this.#options.isUnschedulable(pod)
      ? ({ action: 'unschedulable', message: '0/1 nodes are available: 1 node(s) were unschedulable.' } as const)
      : placePod(pod, world)
    if (placement.action === 'unschedulable') {
      const before = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled')
      events.record(pod, 'Warning', 'FailedScheduling', placement.message)
      if (before?.message === placement.message) return
      const condition: Condition = {
        type: 'PodScheduled',
        status: 'False',
        reason: 'Unschedulable',
        message: placement.message,
        lastProbeTime: null,
        lastTransitionTime: before?.status === 'False' ? (before.lastTransitionTime ?? timestamp()) : timestamp(),
      }
      const others = (pod.status?.conditions ?? []).filter(({ type }) => type !== 'PodScheduled')
      await api.merge(`${path}/status`, { metadata: { uid }, status: { conditions: [...others, condition] } })
    } else if (placement.action === 'provision') {
      for (const claim of placement.claims) {
        if (claim.metadata.annotations?.[selectedNodeAnnotation] === world.nodeName) continue
        const claimPath = `/api/v1/namespaces/${namespace}/persistentvolumeclaims/${claim.metadata.name}`
        await api.merge(claimPath, { metadata: { annotations: { [selectedNodeAnnotation]: world.nodeName } } })
      }
    } else {
      const target = { apiVersion: 'v1', kind: 'Node', name: world.nodeName }
      await api.create(`${path}/binding`, { apiVersion: 'v1', kind: 'Binding', metadata: { name, uid }, target })
      this.#waiting.delete(uid ?? '')
      events.record(pod, 'Normal', 'Scheduled', `Successfully assigned ${namespace}/${name} to ${world.nodeName}`)
    }
  }
}
