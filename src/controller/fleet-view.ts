import { API_VERSION, KIND } from '../api/group.ts'
import { formatReference, referenceOf } from '../api/object.ts'
import type { KubernetesObject, ObjectReference } from '../api/object.ts'
import type { ListedObjects, WatchEvent } from '../cluster/watch-event.ts'
import type { ObjectQuery } from '../applier/cluster/cluster-api.ts'
import { DatabaseObjects, isLater, isNewer } from '../applier/cluster/database-objects.ts'
import type { DatabaseView, ViewedObjects } from '../applier/cluster/database-view.ts'
import { INSTANCE_LABEL, isOfDumps } from '../applier/cluster/selection-bounds.ts'
import { trimmed } from '../applier/cluster/trimmed-object.ts'

/** Kinds of which only what the phases read is kept. */
const TRIMMED: ReadonlySet<string> = new Set(['Pod', 'PersistentVolumeClaim', 'Job'])

/** Kinds that are children and are read by the phases too. */
const BOTH: ReadonlySet<string> = new Set(['StatefulSet', 'CronJob'])

/** Texts from which on it pays to keep them once: the scripts of every ConfigMap are the same. */
const LONG_TEXT = 1000
/** Bounds the memory of texts that turned out to be different. */
const KEPT_TEXTS = 64

/** What is known of one database. */
class Entry {
  readonly objects = new DatabaseObjects()
  /** Children by reference, whole: what proves that they are unchanged is in their managed fields. */
  readonly children = new Map<string, KubernetesObject>()

  /** Whether nothing is left of it: a fleet that comes and goes must not be remembered for ever. */
  get isEmpty(): boolean {
    const { database, statefulSet, pods, claims } = this.objects
    return this.children.size + pods.size + claims.size === 0 && database === undefined && statefulSet === undefined
  }
}

/**
 * The live objects of every database of a cluster, as the watches tell them. Databases come and go.
 *
 * An object belongs to the database that owns it, or that its label names. What is written by this process is stored at once, so that an
 * echo of it is no news, and nobody sees an older state than the one that he made.
 */
export class FleetView implements DatabaseView {
  readonly #entries = new Map<string, Entry>()
  /** Whose an object is, by its reference: what is forgotten names no labels. */
  readonly #keys = new Map<string, string>()
  readonly #texts = new Map<string, string>()
  readonly #onChange: (key: string) => void
  readonly #isOurs: (key: string) => boolean
  readonly #warnings: (key: string) => Promise<readonly KubernetesObject[]>

  /**
   * @param onChange told of every change that somebody else made, with the `namespace/name` of its database
   * @param warnings reads the warnings about a database
   * @param isOurs whether a database is looked after here; nothing is kept of others. @default all are
   */
  constructor(
    onChange: (key: string) => void,
    warnings: (key: string) => Promise<readonly KubernetesObject[]>,
    isOurs: (key: string) => boolean = () => true,
  ) {
    this.#onChange = onChange
    this.#warnings = warnings
    this.#isOurs = isOurs
  }

  objectsOf(key: string): ViewedObjects {
    const objects = this.#entries.get(key)?.objects ?? new DatabaseObjects()
    const { database, statefulSet, standbyStatefulSet, pods, claims, cronJobs, jobs } = objects
    return {
      database,
      statefulSet,
      standbyStatefulSet,
      pods: [...pods.values()],
      claims: [...claims.values()],
      cronJob: cronJobs.values().next().value,
      jobs: [...jobs.values()],
    }
  }

  /** A child as it was last seen; `undefined` where no watch told of it. */
  child(key: string, reference: ObjectReference): KubernetesObject | undefined {
    return this.#entries.get(key)?.children.get(formatReference(reference))
  }

  /** Every database that exists. */
  keys(): readonly string[] {
    return [...this.#entries].flatMap(([key, { objects }]) => (objects.database === undefined ? [] : [key]))
  }

  warningsOf(key: string): Promise<readonly KubernetesObject[]> {
    return this.#warnings(key)
  }

  keeps(): boolean {
    return true
  }

  store(object: KubernetesObject): void {
    this.#put(object)
  }

  learn(object: KubernetesObject): void {
    this.take({ type: 'modified', object })
  }

  forget(reference: ObjectReference, uid: string | undefined): void {
    this.#remove(reference, uid)
  }

  /** Takes over what a watch tells. */
  take(event: WatchEvent): void {
    if (event.type === 'added' || event.type === 'modified') {
      const former = this.#leave(event.object)
      if (former !== undefined) this.#onChange(former)
      if (this.#put(event.object)) this.#onChange(keyOf(event.object))
    } else if (event.type === 'deleted') {
      const key = this.#remove(referenceOf(event.object), event.object.metadata.uid)
      if (key !== undefined) this.#onChange(key)
    }
  }

  /** Forgets what a list of a collection does not hold and is older: its end was missed, or its coming and its end. */
  keepListed({ kind, namespace }: ObjectQuery, listed: ListedObjects, version: string): void {
    for (const [key, { objects, children }] of this.#entries) {
      if (namespace !== undefined && !key.startsWith(`${namespace}/`)) continue
      const known = [...children.values()].filter((child) => child.kind === kind)
      const { database, statefulSet, pods, claims } = objects
      const viewed = [database, statefulSet, ...pods.values(), ...claims.values()].filter(
        (object) => object?.kind === kind,
      )
      for (const object of [...known, ...viewed]) {
        if (object === undefined || listed.has(object.metadata.uid)) continue
        if (isLater(object.metadata.resourceVersion ?? '', version)) continue
        if (this.#remove(referenceOf(object), object.metadata.uid) !== undefined) this.#onChange(key)
      }
    }
  }

  /** Takes an object from the database that it belonged to, where that is another one by now. @returns which that was */
  #leave(object: KubernetesObject): string | undefined {
    const reference = referenceOf(object)
    const former = this.#keys.get(formatReference(reference))
    if (former === undefined || former === keyOf(object)) return undefined
    return this.#remove(reference, object.metadata.uid)
  }

  /** @returns whether it was news */
  #put(object: KubernetesObject): boolean {
    const key = keyOf(object)
    if (key.endsWith('/') || !this.#isOurs(key) || isUnwatched(object)) return false
    const entry = this.#entryOf(key)
    const reference = formatReference(referenceOf(object))
    this.#keys.set(reference, key)
    if (isViewed(object) && !isOfDumps(object)) {
      const isNews = entry.objects.put(TRIMMED.has(object.kind) ? trimmed(object) : object)
      if (isNews && BOTH.has(object.kind)) entry.children.set(reference, object)
      return isNews
    }
    if (!isNewer(object, entry.children.get(reference))) return false
    entry.children.set(reference, object.kind === 'ConfigMap' ? this.#sharing(object) : object)
    return true
  }

  /** The object, with the one copy of each long text in its data. */
  #sharing(object: KubernetesObject): KubernetesObject {
    const data = Object.entries((object['data'] ?? {}) as Readonly<Record<string, string>>)
    return { ...object, data: Object.fromEntries(data.map(([key, text]) => [key, this.#shared(text)])) }
  }

  #shared(text: string): string {
    if (text.length < LONG_TEXT) return text
    const known = this.#texts.get(text)
    if (known !== undefined) return known
    const [oldest] = this.#texts.keys()
    if (this.#texts.size >= KEPT_TEXTS && oldest !== undefined) this.#texts.delete(oldest)
    this.#texts.set(text, text)
    return text
  }

  /** @returns whose it was; `undefined` where it was not known */
  #remove(reference: ObjectReference, uid: string | undefined): string | undefined {
    const name = formatReference(reference)
    const key = this.#keys.get(name)
    const entry = key === undefined ? undefined : this.#entries.get(key)
    if (key === undefined || entry === undefined) return undefined
    const isKnownChild = entry.children.get(name)?.metadata.uid === uid
    if (isKnownChild) entry.children.delete(name)
    const wasKnown = (isViewed(reference) && entry.objects.remove(reference, uid)) || isKnownChild
    if (wasKnown) this.#keys.delete(name)
    if (entry.isEmpty) this.#entries.delete(key)
    return wasKnown ? key : undefined
  }

  #entryOf(key: string): Entry {
    const known = this.#entries.get(key)
    if (known !== undefined) return known
    const entry = new Entry()
    this.#entries.set(key, entry)
    return entry
  }
}

function isViewed({ apiVersion, kind }: Pick<KubernetesObject, 'apiVersion' | 'kind'>): boolean {
  return (
    (kind === KIND && apiVersion === API_VERSION) ||
    (kind === 'StatefulSet' && apiVersion === 'apps/v1') ||
    ((kind === 'CronJob' || kind === 'Job') && apiVersion === 'batch/v1') ||
    (TRIMMED.has(kind) && apiVersion === 'v1')
  )
}

/**
 * The database that an object belongs to: a Database is its own; others are those of the Database that owns them, and
 * where none does (pods, claims, what Git keeps), of the one whose name they carry as a label.
 */
function keyOf({ kind, apiVersion, metadata }: KubernetesObject): string {
  const owner = metadata.ownerReferences?.find((one) => one.kind === KIND && one.apiVersion === API_VERSION)
  const name =
    kind === KIND && apiVersion === API_VERSION ? metadata.name : (owner?.name ?? metadata.labels?.[INSTANCE_LABEL])
  return `${metadata.namespace ?? ''}/${name ?? ''}`
}

/** Whether no watch tells of a kind: what only Prometheus reads. */
export const isUnwatched = ({ apiVersion }: Pick<KubernetesObject, 'apiVersion'>): boolean =>
  apiVersion.startsWith('monitoring.coreos.com/')
