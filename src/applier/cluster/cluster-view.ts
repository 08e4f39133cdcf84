import { API_VERSION, KIND } from '../../api/group.ts'
import { referenceOf } from '../../api/object.ts'
import type { KubernetesObject, ObjectReference } from '../../api/object.ts'
import { makesDumps } from '../../api/optional-children.ts'
import type { WatchEvent } from '../../cluster/watch-event.ts'
import { isForbidden } from '../../cluster/error-guards.ts'
import type { Refusal } from '../../cluster/error-guards.ts'
import type { ApplySet } from '../set/apply-set.ts'
import type { ClusterApi, ObjectQuery } from './cluster-api.ts'
import { DatabaseObjects } from './database-objects.ts'
import type { DatabaseView, ViewedObjects } from './database-view.ts'
import { MADE_BY_OTHERS, areInFewNamespaces, databaseKeyOf, queryOfScope, scopesOf } from './database-queries.ts'
import type { DatabasePlace, DatabaseScope } from './database-queries.ts'
import { isOfDumps, selectorOfDumps } from './selection-bounds.ts'
import { trimmed } from './trimmed-object.ts'
import { WarningEvents } from './warning-events.ts'

/** Which databases a view is about. */
export interface ViewedDatabase extends DatabasePlace {
  /** Whether it makes dumps. */
  readonly makesDumps?: boolean
}

/** Kinds of which a view keeps the objects. Credentials are not among them: no view holds a password. */
const WATCHED = [
  { apiVersion: API_VERSION, kind: KIND },
  { apiVersion: 'apps/v1', kind: 'StatefulSet' },
  ...MADE_BY_OTHERS,
] as const

/** Kinds that tell what became of dumps, kept for the databases that make some. */
const BACKUP_KINDS = [
  { apiVersion: 'batch/v1', kind: 'CronJob' },
  { apiVersion: 'batch/v1', kind: 'Job' },
] as const

/** Whether a view keeps objects of that kind. */
function isViewed({ apiVersion, kind }: Pick<KubernetesObject, 'apiVersion' | 'kind'>): boolean {
  return [...WATCHED, ...BACKUP_KINDS].some((viewed) => viewed.kind === kind && viewed.apiVersion === apiVersion)
}

/**
 * The live objects of any number of databases, from one list and, once somebody waits, one watch per kind.
 *
 * Workflow: `read` before planning; `watch` when the first database has to wait; `store` what a write returned, so that
 * nobody sees an older state than the one that he made.
 */
export class ClusterView implements DatabaseView {
  readonly #api: ClusterApi
  readonly #databases: readonly ViewedDatabase[]
  readonly #entries = new Map<string, DatabaseObjects>()
  readonly #listeners = new Map<string, () => void>()
  readonly #stop = new AbortController()
  readonly #events: WarningEvents
  #watches: Promise<void>[] = []
  /** Whether each namespace is read by itself: where there are few, or the rights end at namespaces. */
  #isPerNamespace: boolean
  #refusal: Refusal<403> | undefined

  /** The view of the databases of a set. */
  static of(api: ClusterApi, { databases }: Pick<ApplySet, 'databases'>, now: () => number): ClusterView {
    const viewed = databases.map(({ database: { metadata, spec } }) => ({
      namespace: metadata.namespace ?? 'default',
      name: metadata.name,
      makesDumps: makesDumps(spec),
    }))
    return new ClusterView(api, viewed, now)
  }

  constructor(api: ClusterApi, databases: readonly ViewedDatabase[], now: () => number) {
    this.#api = api
    this.#databases = databases
    this.#isPerNamespace = areInFewNamespaces(databases)
    for (const { namespace, name } of databases) this.#entries.set(`${namespace}/${name}`, new DatabaseObjects())
    this.#events = new WarningEvents(api, () => this.#scopes(), now)
  }

  /**
   * Reads pods and claims; the other kinds come from planning, by `store`. A namespace that is not there holds none.
   * What the user may not read is an error only for whoever asks for a database's objects.
   */
  async read(): Promise<void> {
    try {
      await this.#readAll()
    } catch (error) {
      if (!isForbidden(error)) throw error
      if (this.#isPerNamespace) this.#refusal = error
      else {
        this.#isPerNamespace = true
        await this.read()
      }
    }
  }

  objectsOf(key: string): ViewedObjects {
    if (this.#refusal !== undefined) throw this.#refusal
    const entry = this.#entries.get(key)
    return {
      database: entry?.database,
      statefulSet: entry?.statefulSet,
      standbyStatefulSet: entry?.standbyStatefulSet,
      pods: [...(entry?.pods.values() ?? [])],
      claims: [...(entry?.claims.values() ?? [])],
      cronJob: entry?.cronJobs.values().next().value,
      jobs: [...(entry?.jobs.values() ?? [])],
    }
  }

  /** Whether volumes of a database are there, whoever made them. @throws ApiError where claims may not be read */
  hasClaims(key: string): boolean {
    return this.objectsOf(key).claims.length > 0
  }

  warningsOf(key: string): Promise<readonly KubernetesObject[]> {
    return this.#events.of(key)
  }

  keeps(kind: Pick<KubernetesObject, 'apiVersion' | 'kind'>): boolean {
    return isViewed(kind)
  }

  store(object: KubernetesObject): void {
    if (!isViewed(object) || isOfDumps(object)) return
    const key = databaseKeyOf(object)
    if (this.#entries.get(key)?.put(trimmed(object)) === true) this.#listeners.get(key)?.()
  }

  learn(object: KubernetesObject): void {
    this.store(object)
  }

  forget(reference: ObjectReference, uid: string | undefined): void {
    if (!isViewed(reference)) return
    for (const [key, entry] of this.#entriesOf(reference)) {
      if (entry.remove(reference, uid)) this.#listeners.get(key)?.()
    }
  }

  /** Calls back after every change of a database's objects, until the returned function is called. */
  listen(key: string, listener: () => void): () => void {
    this.#listeners.set(key, listener)
    return () => this.#listeners.delete(key)
  }

  /** Starts watching, once. A watch that fails for good only makes the waits longer: every wait has an end of its own. */
  watch(): void {
    if (this.#watches.length > 0) return
    this.#watches = WATCHED.flatMap((kind) => this.#queries(kind)).map((query) => this.#watchOne(query))
  }

  /** Ends all watches. */
  async stop(): Promise<void> {
    this.#stop.abort()
    await Promise.all(this.#watches)
  }

  async #readAll(): Promise<void> {
    const queries = [...MADE_BY_OTHERS.flatMap((kind) => this.#queries(kind)), ...this.#dumpQueries()]
    await Promise.all(
      queries.map(async (query) => {
        const listed = new Set<string | undefined>()
        const version = await this.#api.listEach(query, (object) => {
          listed.add(object.metadata.uid)
          this.store(object)
        })
        this.#keepListed(query, listed, version)
      }),
    )
  }

  /** The entries that may hold an object: a reference has no labels to tell which. */
  *#entriesOf({ namespace = '' }: ObjectReference): Iterable<[string, DatabaseObjects]> {
    for (const [key, entry] of this.#entries) if (key.startsWith(`${namespace}/`)) yield [key, entry]
  }

  async #watchOne(query: ObjectQuery): Promise<void> {
    const listed = new Set<string | undefined>()
    try {
      await this.#api.watch(query, (event) => this.#take(event, query, listed), this.#stop.signal)
    } catch {
      for (const listener of this.#listeners.values()) listener()
    }
  }

  /** @param listed uids of what the watch has told of and not taken back */
  #take(event: WatchEvent, query: ObjectQuery, listed: Set<string | undefined>): void {
    switch (event.type) {
      case 'added':
      case 'modified':
        listed.add(event.object.metadata.uid)
        this.store(event.object)
        return
      case 'deleted':
        listed.delete(event.object.metadata.uid)
        this.forget(referenceOf(event.object), event.object.metadata.uid)
        return
      case 'synced':
        this.#keepListed(query, listed, event.resourceVersion)
        return
      case 'interrupted':
      case 'resumed':
        return
    }
  }

  /** What was read earlier and is in no list now vanished when nobody watched. */
  #keepListed({ kind, namespace }: ObjectQuery, listed: ReadonlySet<string | undefined>, version: string): void {
    for (const [key, entry] of this.#entries) {
      const isInScope = namespace === undefined || key.startsWith(`${namespace}/`)
      if (isInScope && entry.keepListed(kind, listed, version)) this.#listeners.get(key)?.()
    }
  }

  #queries(kind: (typeof WATCHED)[number]): ObjectQuery[] {
    return this.#scopes().map((scope) => queryOfScope(kind, scope))
  }

  /** Jobs of dumps. The CronJobs come from planning, which reads them with the other children. */
  #dumpQueries(): ObjectQuery[] {
    const making = this.#databases.filter((database) => database.makesDumps === true)
    if (making.length === 0) return []
    const [, { apiVersion, kind }] = BACKUP_KINDS
    return scopesOf(making, this.#isPerNamespace).map(({ namespace, names }) => ({
      apiVersion,
      kind,
      ...(namespace === undefined ? {} : { namespace }),
      labelSelector: selectorOfDumps(names),
    }))
  }

  #scopes(): DatabaseScope[] {
    return scopesOf(this.#databases, this.#isPerNamespace)
  }
}
