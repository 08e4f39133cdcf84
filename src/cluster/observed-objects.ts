import type { KubernetesObject } from '../api/object.ts'
import type { WatchEvent } from './watch-event.ts'

/** What tells an object from others, and one of its versions from another. */
type Identity = Pick<KubernetesObject, 'apiVersion' | 'kind' | 'metadata'>

/**
 * The objects that a watch has told about, keyed by uid: an object that was deleted and created again under its name is
 * two objects, also when both events were missed. Of each only the identity is kept.
 */
export class ObservedObjects {
  readonly #byUid = new Map<string, Identity>()
  readonly #uidByName = new Map<string, string>()

  /** Whether an object of that uid is known. */
  has(uid: string | undefined): boolean {
    return uid !== undefined && this.#byUid.has(uid)
  }

  /** The events that lead from what was known to a fresh listing. */
  replace(items: readonly KubernetesObject[]): readonly WatchEvent[] {
    const present = new Set(items.map(uidOf))
    const gone = [...this.#byUid.values()].filter((object) => !present.has(uidOf(object)))
    return [...gone.flatMap((object) => this.remove(object)), ...items.flatMap((object) => this.put(object))]
  }

  /** An object as it is now. Says nothing about one that is known in just this version. */
  put(object: KubernetesObject): readonly WatchEvent[] {
    const uid = uidOf(object)
    const name = nameOf(object)
    const predecessor = this.#byUid.get(this.#uidByName.get(name) ?? '')
    const replaced = predecessor !== undefined && uidOf(predecessor) !== uid ? this.remove(predecessor) : []
    const before = this.#byUid.get(uid)
    if (before !== undefined && before.metadata.resourceVersion === object.metadata.resourceVersion) return []
    this.#byUid.set(uid, identityOf(object))
    this.#uidByName.set(name, uid)
    return [...replaced, { type: before === undefined ? 'added' : 'modified', object }]
  }

  /** An object that is gone. Told also of one that is not known: the reader may know it, if its coming was missed. */
  remove(object: KubernetesObject): readonly WatchEvent[] {
    const uid = uidOf(object)
    this.#byUid.delete(uid)
    if (this.#uidByName.get(nameOf(object)) === uid) this.#uidByName.delete(nameOf(object))
    return [{ type: 'deleted', object }]
  }
}

function identityOf({ apiVersion, kind, metadata }: KubernetesObject): Identity {
  const { name, namespace, uid, resourceVersion } = metadata
  return {
    apiVersion,
    kind,
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    },
  }
}

function uidOf({ metadata }: KubernetesObject): string {
  return metadata.uid ?? `${metadata.namespace ?? ''}/${metadata.name}`
}

function nameOf({ metadata }: KubernetesObject): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`
}
