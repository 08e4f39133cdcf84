import { API_VERSION, KIND } from '../../api/group.ts'
import { selectorLabels } from '../../api/labels.ts'
import { referenceOf } from '../../api/object.ts'
import type { KubernetesObject, ObjectReference } from '../../api/object.ts'
import type { WatchEvent } from '../../cluster/watch-event.ts'
import { isForbidden } from '../../cluster/error-guards.ts'
import type { Refusal } from '../../cluster/error-guards.ts'
import type { ClusterApi, ObjectQuery } from './cluster-api.ts'
import { trimmed } from './trimmed-object.ts'
import { WarningEvents } from './warning-events.ts'

/** Which databases a view is about, by `namespace/name`. */
export interface ViewedDatabase {
  readonly namespace: string
  readonly name: string
}

/** What a view holds of one database. */
export interface ViewedObjects {
  readonly database: KubernetesObject | undefined
  readonly statefulSet: KubernetesObject | undefined
  readonly pods: readonly KubernetesObject[]
  readonly claims: readonly KubernetesObject[]
}

/** Kinds of which a view keeps the objects. Credentials are not among them: no view holds a password. */
const WATCHED = [
  { apiVersion: API_VERSION, kind: KIND },
  { apiVersion: 'apps/v1', kind: 'StatefulSet' },
  { apiVersion: 'v1', kind: 'Pod' },
  { apiVersion: 'v1', kind: 'PersistentVolumeClaim' },
] as const

/** Whether a view keeps objects of that kind. */
function isViewed({ apiVersion, kind }: Pick<KubernetesObject, 'apiVersion' | 'kind'>): boolean {
  return WATCHED.some((watched) => watched.kind === kind && watched.apiVersion === apiVersion)
}

const NAME_LABEL = 'app.kubernetes.io/name'
const INSTANCE_LABEL = 'app.kubernetes.io/instance'

/** So many databases are named in a selector; more make a longer URL than some proxies let through. */
const NAMED_INSTANCES = 30

/** In so many namespaces each is watched by itself; above, all of them at once. */
const NAMESPACES = 4

/**
 * The live objects of any number of databases, from one list and, once somebody waits, one watch per kind.
 *
 * Workflow: `read` before planning; `watch` when the first database has to wait; `store` what a write returned, so that
 * nobody sees an older state than the one that he made.
 */
export class ClusterView {
  readonly #api: ClusterApi
  readonly #databases: readonly ViewedDatabase[]
  readonly #entries = new Map<string, Entry>()
  readonly #listeners = new Map<string, () => void>()
  readonly #stop = new AbortController()
  readonly #events: WarningEvents
  #watches: Promise<void>[] = []
  /** Whether each namespace is read by itself: where there are few, or the rights end at namespaces. */
  #isPerNamespace: boolean
  #refusal: Refusal<403> | undefined

  constructor(api: ClusterApi, databases: readonly ViewedDatabase[], now: () => number) {
    this.#api = api
    this.#databases = databases
    this.#isPerNamespace = new Set(databases.map(({ namespace }) => namespace)).size <= NAMESPACES
    for (const { namespace, name } of databases) this.#entries.set(`${namespace}/${name}`, new Entry())
    this.#events = new WarningEvents(api, () => this.#scopes(), now)
  }

  /**
   * Reads pods and claims once; the other kinds come from planning, by `store`. A namespace that is not there holds none.
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

  /** What is known of a database now. @throws ApiError where pods or claims may not be read */
  objectsOf(key: string): ViewedObjects {
    if (this.#refusal !== undefined) throw this.#refusal
    const entry = this.#entries.get(key)
    return {
      database: entry?.database,
      statefulSet: entry?.statefulSet,
      pods: [...(entry?.pods.values() ?? [])],
      claims: [...(entry?.claims.values() ?? [])],
    }
  }

  /** Whether volumes of a database are there, whoever made them. @throws ApiError where claims may not be read */
  hasClaims(key: string): boolean {
    return this.objectsOf(key).claims.length > 0
  }

  /** Warnings about a database's objects, as fresh as a second ago. */
  warningsOf(key: string): Promise<readonly KubernetesObject[]> {
    return this.#events.of(key)
  }

  /** Takes over an object as somebody read it or got it back from a write. An older version than the known one is ignored. */
  store(object: KubernetesObject): void {
    if (!isViewed(object)) return
    const key = keyOf(object)
    if (this.#entries.get(key)?.put(trimmed(object)) === true) this.#listeners.get(key)?.()
  }

  /** Forgets an object that is gone; another one of its name stays. */
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
    const queries = WATCHED.slice(2).flatMap((kind) => this.#queries(kind))
    await Promise.all(
      queries.map((query) =>
        this.#api.listEach(query, (page) => {
          for (const object of page) this.store(object)
        }),
      ),
    )
  }

  /** The entries that may hold an object: a reference has no labels to tell which. */
  *#entriesOf({ namespace = '' }: ObjectReference): Iterable<[string, Entry]> {
    for (const [key, entry] of this.#entries) if (key.startsWith(`${namespace}/`)) yield [key, entry]
  }

  async #watchOne(query: ObjectQuery): Promise<void> {
    try {
      await this.#api.watch(query, (event) => this.#take(event), this.#stop.signal)
    } catch {
      for (const listener of this.#listeners.values()) listener()
    }
  }

  #take(event: WatchEvent): void {
    switch (event.type) {
      case 'added':
      case 'modified':
        this.store(event.object)
        return
      case 'deleted':
        this.forget(referenceOf(event.object), event.object.metadata.uid)
        return
      case 'synced':
      case 'interrupted':
        return
    }
  }

  #queries({ apiVersion, kind }: (typeof WATCHED)[number]): ObjectQuery[] {
    return this.#scopes().map(({ namespace, names }) => {
      const query = { apiVersion, kind, ...(namespace === undefined ? {} : { namespace }) }
      const [only] = names
      if (kind !== KIND) return { ...query, labelSelector: selectorOf(names) }
      return names.length === 1 ? { ...query, fieldSelector: `metadata.name=${only}` } : query
    })
  }

  #scopes(): { namespace: string | undefined; names: string[] }[] {
    const byNamespace = Map.groupBy(this.#databases, ({ namespace }) => namespace)
    const namesOf = (databases: readonly ViewedDatabase[]): string[] => databases.map(({ name }) => name)
    if (!this.#isPerNamespace) return [{ namespace: undefined, names: namesOf(this.#databases) }]
    return [...byNamespace].map(([namespace, databases]) => ({ namespace, names: namesOf(databases) }))
  }
}

function selectorOf(names: readonly string[]): string {
  const common = `${NAME_LABEL}=${selectorLabels('')[NAME_LABEL]}`
  const [only] = names
  if (names.length === 1) return `${common},${INSTANCE_LABEL}=${only}`
  return names.length > NAMED_INSTANCES ? common : `${common},${INSTANCE_LABEL} in (${names.join(',')})`
}

/** The database that an object belongs to: a Database is its own, the others carry its name as a label. */
function keyOf({ kind, metadata }: KubernetesObject): string {
  const name = kind === KIND ? metadata.name : metadata.labels?.[INSTANCE_LABEL]
  return `${metadata.namespace ?? ''}/${name ?? ''}`
}

/** What is known of one database. */
class Entry {
  database: KubernetesObject | undefined
  statefulSet: KubernetesObject | undefined
  readonly pods = new Map<string, KubernetesObject>()
  readonly claims = new Map<string, KubernetesObject>()

  /** @returns whether it was news */
  put(object: KubernetesObject): boolean {
    if (!isNewer(object, this.#known(object.kind, object.metadata.name))) return false
    if (object.kind === KIND) this.database = object
    else if (object.kind === 'StatefulSet') this.statefulSet = object
    else this.#collection(object.kind).set(object.metadata.name, object)
    return true
  }

  /** @returns whether it was known; another object of that name is not touched */
  remove({ kind, name }: ObjectReference, uid: string | undefined): boolean {
    const known = this.#known(kind, name)
    if (known === undefined || known.metadata.name !== name || known.metadata.uid !== uid) return false
    if (kind === KIND) this.database = undefined
    else if (kind === 'StatefulSet') this.statefulSet = undefined
    else this.#collection(kind).delete(name)
    return true
  }

  #known(kind: string, name: string): KubernetesObject | undefined {
    if (kind === KIND) return this.database
    if (kind === 'StatefulSet') return this.statefulSet
    return this.#collection(kind).get(name)
  }

  #collection(kind: string): Map<string, KubernetesObject> {
    return kind === 'Pod' ? this.pods : this.claims
  }
}

/**
 * Whether an object is a later state than the known one. Versions of one object are compared as numbers, as Kubernetes
 * allows since 1.35; another uid, or a version that is no number, counts as later.
 * @see https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions
 */
function isNewer(object: KubernetesObject, known: KubernetesObject | undefined): boolean {
  if (known === undefined || known.metadata.uid !== object.metadata.uid) return true
  const [left, right] = [object.metadata.resourceVersion ?? '', known.metadata.resourceVersion ?? '']
  if (!/^\d+$/.test(left) || !/^\d+$/.test(right)) return left !== right
  return BigInt(left) > BigInt(right)
}
