import { setTimeout as delay } from 'node:timers/promises'
import type { KubernetesObject } from '../../api/object.ts'
import { classifyError, isForbidden, isKindNotServed } from '../../cluster/error-guards.ts'
import { ApiError } from '../../cluster/errors.ts'
import type { WatchEvent } from '../../cluster/watch-event.ts'
import type { Cause } from '../../phases/outcome.ts'
import type { ClusterApi, ObjectQuery } from '../cluster/cluster-api.ts'

/** In so many namespaces each is watched by itself; above, all of them at once. */
const NAMESPACES = 4

/** A view that has not been fresh for so long is told to be old, in milliseconds. */
const STALE_MS = 10_000

/** Pause between two rounds where nothing may be watched, in milliseconds, and per object of a round. */
const POLL_MS = 2000
const POLL_PER_OBJECT_MS = 50

/** Which objects of a kind are of interest. */
export interface Watched {
  readonly apiVersion: string
  readonly kind: string
  /** Absent entries stand for a cluster-scoped kind. */
  readonly namespaces: readonly (string | undefined)[]
  /** Names by namespace that are still of interest. @default all objects */
  readonly names?: (namespace: string | undefined) => ReadonlySet<string>
  /** For a watch of all objects. */
  readonly labelSelector?: string | undefined
}

/** Who is told what. */
export interface ObjectWatchHooks {
  readonly now: () => number
  readonly onChange: () => void
  /** Something about the watching itself. */
  readonly onWarning: (message: string) => void
}

interface Scope {
  readonly namespace: string | undefined
  /** Namespaces that this scope stands for. */
  readonly covers: readonly (string | undefined)[]
  readonly stop: AbortController
  isSynced: boolean
  /** Why nothing can be known here. */
  problem?: Cause
  staleSince?: number | undefined
  isStaleTold?: boolean
}

/**
 * Live objects of one kind: one LIST and one WATCH per namespace, or for all namespaces where there are many.
 *
 * Where the rights end at namespaces, each is watched by itself; where nothing may be watched, objects are read in turn.
 */
export class ObjectWatch {
  readonly #api: Pick<ClusterApi, 'get' | 'list' | 'watch'>
  readonly #watched: Watched
  readonly #hooks: ObjectWatchHooks
  readonly #objects = new Map<string, KubernetesObject>()
  readonly #scopes = new Set<Scope>()
  readonly #running: Promise<void>[] = []
  #isPolling = false

  constructor(api: Pick<ClusterApi, 'get' | 'list' | 'watch'>, watched: Watched, hooks: ObjectWatchHooks) {
    this.#api = api
    this.#watched = watched
    this.#hooks = hooks
    const namespaces = [...new Set(watched.namespaces)]
    if (namespaces.length <= NAMESPACES) for (const namespace of namespaces) this.#start(namespace, [namespace])
    else this.#start(undefined, namespaces)
  }

  /** Whether everything that is in a namespace is known. */
  isSynced(namespace: string | undefined): boolean {
    return this.#scopeOf(namespace)?.isSynced === true
  }

  /** Why nothing can be known about a namespace; `undefined` where it can. */
  problemOf(namespace: string | undefined): Cause | undefined {
    return this.#scopeOf(namespace)?.problem
  }

  get(namespace: string | undefined, name: string): KubernetesObject | undefined {
    return this.#objects.get(keyOf(namespace, name))
  }

  values(): Iterable<KubernetesObject> {
    return this.#objects.values()
  }

  /** Ends the watches of namespaces of which no name is of interest any more. */
  release(): void {
    const { names } = this.#watched
    if (names === undefined) return
    for (const { covers, stop } of this.#scopes)
      if (covers.every((namespace) => names(namespace).size === 0)) stop.abort()
  }

  /** Ends all watches. */
  async stop(): Promise<void> {
    for (const { stop } of this.#scopes) stop.abort()
    await Promise.all(this.#running)
  }

  #scopeOf(namespace: string | undefined): Scope | undefined {
    return [...this.#scopes].find(({ covers }) => covers.includes(namespace))
  }

  #start(namespace: string | undefined, covers: Scope['covers']): void {
    const scope: Scope = { namespace, covers, stop: new AbortController(), isSynced: false }
    this.#scopes.add(scope)
    this.#running.push(this.#run(scope))
  }

  async #run(scope: Scope): Promise<void> {
    try {
      await this.#api.watch(this.#query(scope), (event) => this.#take(scope, event), scope.stop.signal)
    } catch (error) {
      this.#interrupted(scope, error)
    }
  }

  #query({ namespace, covers }: Scope): ObjectQuery {
    const { apiVersion, kind, names, labelSelector } = this.#watched
    const only = covers.length === 1 ? names?.(covers[0]) : undefined
    return {
      apiVersion,
      kind,
      ...(namespace === undefined ? {} : { namespace }),
      ...(labelSelector === undefined ? {} : { labelSelector }),
      ...(only?.size === 1 ? { fieldSelector: `metadata.name=${[...only].join('')}` } : {}),
    }
  }

  #take(scope: Scope, event: WatchEvent): void {
    if (event.type === 'interrupted') return this.#interrupted(scope, event.error)
    scope.staleSince = undefined
    scope.isStaleTold = false
    if (event.type === 'resumed') return
    if (event.type === 'synced') scope.isSynced = true
    else {
      const { namespace, name, uid } = event.object.metadata
      if (!this.#isOfInterest(namespace, name)) return
      const key = keyOf(namespace, name)
      if (event.type === 'deleted') {
        // What has taken its place stays.
        if (this.#objects.get(key)?.metadata.uid === uid) this.#objects.delete(key)
      } else this.#objects.set(keyOf(namespace, name), event.object)
      // What is there already is judged when all of it is known.
      if (!scope.isSynced) return
    }
    this.#hooks.onChange()
  }

  #isOfInterest(namespace: string | undefined, name: string): boolean {
    const { names, namespaces } = this.#watched
    return names === undefined ? namespaces.includes(namespace) : names(namespace).has(name)
  }

  #interrupted(scope: Scope, error: unknown): void {
    if (scope.stop.signal.aborted) return
    const { kind, names } = this.#watched
    if (isForbidden(error)) {
      scope.stop.abort()
      if (scope.covers.length > 1) {
        this.#scopes.delete(scope)
        for (const namespace of scope.covers) this.#start(namespace, [namespace])
      } else if (names === undefined && !scope.isSynced) this.#giveUp(scope, error)
      else this.#startPolling(scope)
      return
    }
    // A kind that is not served yet, or no more, may be in a moment.
    if (classifyError(error) === 'permanent' && !isKindNotServed(error)) return this.#giveUp(scope, error)
    const now = this.#hooks.now()
    scope.staleSince ??= now
    if (now - scope.staleSince < STALE_MS || scope.isStaleTold === true) return
    scope.isStaleTold = true
    this.#hooks.onWarning(
      `cannot watch ${kind}${placeOf(scope)} for ${Math.round((now - scope.staleSince) / 1000)} s now, what is told about it may be old: ${messageOf(error)}`,
    )
  }

  #giveUp(scope: Scope, error: unknown): void {
    scope.stop.abort()
    const reason = error instanceof ApiError ? (error.reason ?? `Http${error.code}`) : 'Unreadable'
    scope.problem = { reason, message: `${this.#watched.kind}${placeOf(scope)} cannot be read: ${messageOf(error)}` }
    this.#hooks.onChange()
  }

  #startPolling(refused: Scope): void {
    const [namespace] = refused.covers
    const scope: Scope = { ...refused, stop: new AbortController() }
    this.#scopes.delete(refused)
    this.#scopes.add(scope)
    if (!this.#isPolling) {
      this.#isPolling = true
      const { kind } = this.#watched
      this.#hooks.onWarning(
        `no right to ${refused.isSynced ? 'watch' : 'list and watch'} ${kind}${placeOf(scope)}: looking every ${POLL_MS / 1000} s instead`,
      )
    }
    this.#running.push(this.#poll(scope, namespace, refused.isSynced))
  }

  async #poll(scope: Scope, namespace: string | undefined, mayList: boolean): Promise<void> {
    const { signal } = scope.stop
    while (!signal.aborted) {
      const names = this.#watched.names?.(namespace) ?? new Set<string>()
      try {
        if (mayList) await this.#listOnce(scope, namespace)
        else for (const name of names) await this.#getOnce(namespace, name)
        scope.isSynced = true
        scope.staleSince = undefined
        scope.isStaleTold = false
      } catch (error) {
        if (isForbidden(error)) return this.#giveUp(scope, error)
        this.#interrupted(scope, error)
      }
      this.#hooks.onChange()
      await delay(Math.max(POLL_MS, names.size * POLL_PER_OBJECT_MS), undefined, { signal }).catch(() => undefined)
    }
  }

  async #listOnce(scope: Scope, namespace: string | undefined): Promise<void> {
    const found = await this.#api.list(this.#query(scope))
    for (const { metadata } of this.#objects.values())
      if (metadata.namespace === namespace) this.#objects.delete(keyOf(metadata.namespace, metadata.name))
    for (const object of found)
      if (this.#isOfInterest(object.metadata.namespace, object.metadata.name))
        this.#objects.set(keyOf(object.metadata.namespace, object.metadata.name), object)
  }

  async #getOnce(namespace: string | undefined, name: string): Promise<void> {
    const { apiVersion, kind } = this.#watched
    const found = await this.#api.get({ apiVersion, kind, name, ...(namespace === undefined ? {} : { namespace }) })
    if (found === undefined) this.#objects.delete(keyOf(namespace, name))
    else this.#objects.set(keyOf(namespace, name), found)
  }
}

const keyOf = (namespace: string | undefined, name: string): string => `${namespace ?? ''}/${name}`

const placeOf = ({ covers }: Scope): string => {
  const [namespace] = covers
  if (covers.length > 1) return ' in all namespaces'
  return namespace === undefined ? '' : ` in namespace ${namespace}`
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
