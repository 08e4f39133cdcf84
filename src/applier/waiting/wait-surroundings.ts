import type { KubernetesObject } from '../../api/object.ts'
import { isForbidden } from '../../cluster/error-guards.ts'
import { podCondition } from '../../phases/pod.ts'
import type { EventObservation } from '../../phases/world.ts'
import { claimsOfPod } from '../cluster/claim-use.ts'
import type { ClusterApi } from '../cluster/cluster-api.ts'
import { warnings } from '../cluster/event-observation.ts'
import { ObjectWatch } from './object-watch.ts'
import type { ObjectWatchHooks } from './object-watch.ts'
import type { WaitedObject } from './waited-object.ts'
import { WarningEvents } from '../cluster/warning-events.ts'
import { PodIndex } from './workload-pods.ts'
import type { Surroundings } from './workload-trouble.ts'

/** How often warnings are read while somebody waits, in milliseconds. */
const EVENTS_MS = 2000

/** In so many namespaces warnings are read one by one; above, all at once. */
const NAMESPACES = 4

/** Pods, claims and warnings around what is waited for. Nothing is read before there is something to explain. */
export class WaitSurroundings {
  readonly #api: Pick<ClusterApi, 'get' | 'list' | 'watch'>
  readonly #hooks: ObjectWatchHooks
  readonly #pods = new Map<string, ObjectWatch>()
  readonly #claims = new Map<string, ObjectWatch>()
  readonly #events: WarningEvents
  readonly #told = new Set<string>()
  #warnings: ReadonlyMap<string, readonly EventObservation[]> = new Map()
  #namespaces: readonly string[] = []
  #readsEachNamespace = false
  #index: PodIndex | undefined
  #readAt = -Infinity
  #reading: Promise<void> | undefined

  constructor(api: Pick<ClusterApi, 'get' | 'list' | 'watch'>, hooks: ObjectWatchHooks) {
    this.#api = api
    this.#hooks = hooks
    this.#events = new WarningEvents(api, () => this.#scopes(), hooks.now)
  }

  /** Starts reading what explains these objects, and goes on with it. */
  refresh(waited: readonly WaitedObject[]): void {
    if (waited.length === 0) return
    this.#watchPods(waited.filter(({ isWorkload, reference }) => isWorkload && reference.kind !== 'Pod'))
    this.#watchClaims()
    const now = this.#hooks.now()
    if (this.#reading !== undefined || now - this.#readAt < EVENTS_MS) return
    this.#readAt = now
    this.#namespaces = [...new Set(waited.flatMap(({ reference }) => reference.namespace ?? []))]
    if (this.#namespaces.length > 0)
      this.#reading = this.#readEvents(waited, now).finally(() => (this.#reading = undefined))
  }

  /** What is known around an object. */
  of(object: KubernetesObject): Surroundings {
    const { namespace = '' } = object.metadata
    this.#index ??= new PodIndex(allOf(this.#pods))
    return {
      pods: this.#index.of(object),
      claim: (name) => this.#claims.get(namespace)?.get(namespace, name),
      warnings: (name) => this.#warnings.get(`${namespace}/${name}`) ?? [],
    }
  }

  /** Ends all watches. */
  async stop(): Promise<void> {
    const watches = new Set([...this.#pods.values(), ...this.#claims.values()])
    await Promise.all([this.#reading, ...[...watches].map((watch) => watch.stop())])
  }

  #watchPods(workloads: readonly WaitedObject[]): void {
    const namespaces = new Set(workloads.flatMap(({ reference }) => reference.namespace ?? []))
    for (const [namespace, watch] of this.#pods)
      this.#tellOnce(watch.problemOf(namespace)?.message, 'why pods are not ready cannot be told')
    const [only] = workloads
    const labelSelector = only !== undefined && workloads.length === 1 ? selectorOf(only.first) : undefined
    this.#start(this.#pods, 'Pod', namespaces, labelSelector)
  }

  #watchClaims(): void {
    const unplaced = [...allOf(this.#pods)].filter(
      (pod) => podCondition(pod, 'PodScheduled')?.status === 'False' && claimsOfPod(pod).length > 0,
    )
    const namespaces = new Set(unplaced.flatMap(({ metadata }) => metadata.namespace ?? []))
    this.#start(this.#claims, 'PersistentVolumeClaim', namespaces)
  }

  #start(known: Map<string, ObjectWatch>, kind: string, wanted: ReadonlySet<string>, labelSelector?: string): void {
    const namespaces = [...wanted].filter((namespace) => !known.has(namespace))
    if (namespaces.length === 0) return
    const hooks = { ...this.#hooks, onChange: (): void => this.#changed() }
    const watch = new ObjectWatch(this.#api, { apiVersion: 'v1', kind, namespaces, labelSelector }, hooks)
    for (const namespace of namespaces) known.set(namespace, watch)
  }

  #changed(): void {
    this.#index = undefined
    this.#hooks.onChange()
  }

  async #readEvents(waited: readonly WaitedObject[], now: number): Promise<void> {
    const keys = new Set(waited.flatMap(({ first }) => this.#keysAround(first)))
    const found = new Map<string, readonly EventObservation[]>()
    try {
      for (const key of keys) found.set(key, warnings(await this.#events.of(key), now))
      this.#warnings = found
      this.#hooks.onChange()
    } catch (error) {
      if (isForbidden(error) && !this.#readsEachNamespace && this.#namespaces.length > NAMESPACES) {
        this.#readsEachNamespace = true
        return
      }
      // Events explain; without them the wait goes on.
      const message = error instanceof Error ? error.message : String(error)
      this.#tellOnce(isForbidden(error) ? message : undefined, 'causes that only events tell are missing')
    }
  }

  /** Objects whose warnings explain one that is waited for. */
  #keysAround(object: KubernetesObject): readonly string[] {
    const { namespace = '', name } = object.metadata
    const { pods } = this.of(object)
    const names = [name, ...pods.flatMap((pod) => [pod.metadata.name, ...claimsOfPod(pod)])]
    return names.map((each) => `${namespace}/${each}`)
  }

  #scopes(): readonly { namespace: string | undefined }[] {
    const isEach = this.#readsEachNamespace || this.#namespaces.length <= NAMESPACES
    return isEach ? this.#namespaces.map((namespace) => ({ namespace })) : [{ namespace: undefined }]
  }

  #tellOnce(message: string | undefined, consequence: string): void {
    if (message === undefined || this.#told.has(consequence)) return
    this.#told.add(consequence)
    this.#hooks.onWarning(`${consequence}: ${message}`)
  }
}

function* allOf(watches: ReadonlyMap<string, ObjectWatch>): Generator<KubernetesObject, void, void> {
  for (const watch of new Set(watches.values())) yield* watch.values()
}

function selectorOf({ spec }: KubernetesObject): string | undefined {
  const { matchLabels, matchExpressions } = ((spec ?? {}) as { selector?: LabelSelector }).selector ?? {}
  if (matchLabels === undefined || matchExpressions !== undefined) return undefined
  return Object.entries(matchLabels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',')
}

interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>>
  readonly matchExpressions?: readonly unknown[]
}
