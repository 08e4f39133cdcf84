import { KIND } from '../../api/group.ts'
import { derivedNames } from '../../api/names.ts'
import { referenceOf } from '../../api/object.ts'
import type { KubernetesObject, ObjectReference } from '../../api/object.ts'
import { INSTANCE_LABEL } from './selection-bounds.ts'

/** The live objects of one database, each in the latest version that anybody saw. */
export class DatabaseObjects {
  database: KubernetesObject | undefined
  readonly statefulSets = new Map<string, KubernetesObject>()
  readonly pods = new Map<string, KubernetesObject>()
  readonly claims = new Map<string, KubernetesObject>()
  readonly cronJobs = new Map<string, KubernetesObject>()
  readonly jobs = new Map<string, KubernetesObject>()

  /** The StatefulSet of the primary: it is called as the database is. */
  get statefulSet(): KubernetesObject | undefined {
    return this.#statefulSet('statefulSet')
  }

  /** The StatefulSet of the standbys. */
  get standbyStatefulSet(): KubernetesObject | undefined {
    return this.#statefulSet('standbyStatefulSet')
  }

  #statefulSet(which: 'statefulSet' | 'standbyStatefulSet'): KubernetesObject | undefined {
    return [...this.statefulSets.values()].find(
      ({ metadata: { name, labels } }) => name === derivedNames(labels?.[INSTANCE_LABEL] ?? '')[which],
    )
  }

  /** @returns whether it was news */
  put(object: KubernetesObject): boolean {
    if (!isNewer(object, this.#known(object.kind, object.metadata.name))) return false
    if (object.kind === KIND) this.database = object
    else this.#collection(object.kind).set(object.metadata.name, object)
    return true
  }

  /** @returns whether it was known; another object of that name is not touched */
  remove({ kind, name }: ObjectReference, uid: string | undefined): boolean {
    const known = this.#known(kind, name)
    if (known === undefined || known.metadata.name !== name || known.metadata.uid !== uid) return false
    if (kind === KIND) this.database = undefined
    else this.#collection(kind).delete(name)
    return true
  }

  /**
   * Forgets the objects of a kind that a list does not hold. One that is younger than the list stays: somebody has just
   * written it.
   * @param version of the list
   * @returns whether any is gone
   */
  keepListed(kind: string, uids: Pick<ReadonlySet<string | undefined>, 'has'>, version: string): boolean {
    const gone = this.#ofKind(kind).filter(
      ({ metadata }) => !uids.has(metadata.uid) && !isLater(metadata.resourceVersion ?? '', version),
    )
    for (const object of gone) this.remove(referenceOf(object), object.metadata.uid)
    return gone.length > 0
  }

  #ofKind(kind: string): KubernetesObject[] {
    if (kind === KIND) return this.database === undefined ? [] : [this.database]
    return [...this.#collection(kind).values()]
  }

  #known(kind: string, name: string): KubernetesObject | undefined {
    if (kind === KIND) return this.database
    return this.#collection(kind).get(name)
  }

  #collection(kind: string): Map<string, KubernetesObject> {
    switch (kind) {
      case 'StatefulSet':
        return this.statefulSets
      case 'Pod':
        return this.pods
      case 'CronJob':
        return this.cronJobs
      case 'Job':
        return this.jobs
      default:
        return this.claims
    }
  }
}

/**
 * Whether an object is a later state than the known one. Versions of one object are compared as numbers, as Kubernetes
 * allows since 1.35; another uid, or a version that is no number, counts as later.
 * @see https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions
 */
export function isNewer(object: KubernetesObject, known: KubernetesObject | undefined): boolean {
  if (known === undefined || known.metadata.uid !== object.metadata.uid) return true
  const [left, right] = [object.metadata.resourceVersion ?? '', known.metadata.resourceVersion ?? '']
  return isLater(left, right)
}

/** Whether a version is later than another; one that is no number is, where it differs. */
export function isLater(version: string, than: string): boolean {
  if (!/^\d+$/.test(version) || !/^\d+$/.test(than)) return version !== than
  return BigInt(version) > BigInt(than)
}
