import type { KubernetesObject, ObjectReference } from '../../api/object.ts'

/** What a view holds of one database. */
export interface ViewedObjects {
  readonly database: KubernetesObject | undefined
  /** The primary's. */
  readonly statefulSet: KubernetesObject | undefined
  readonly standbyStatefulSet: KubernetesObject | undefined
  readonly pods: readonly KubernetesObject[]
  readonly claims: readonly KubernetesObject[]
  /** The CronJob that makes dumps, and its Jobs that are still there. */
  readonly cronJob: KubernetesObject | undefined
  readonly jobs: readonly KubernetesObject[]
}

/** Live objects of databases as they were last seen, by `namespace/name`. */
export interface DatabaseView {
  /** What is known of a database now. @throws ApiError where pods or claims may not be read */
  objectsOf(key: string): ViewedObjects
  /** Warnings about a database's objects, as fresh as a second ago. */
  warningsOf(key: string): Promise<readonly KubernetesObject[]>
  /** Whether objects of a kind are kept here: of others nobody needs more than that they were written. */
  keeps(kind: Pick<KubernetesObject, 'apiVersion' | 'kind'>): boolean
  /** Takes over an object as somebody read it or got it back from a write. An older version than the known one is ignored. */
  store(object: KubernetesObject): void
  /** The same of what somebody else made of it: whoever is told of changes is told of this one, as by a watch. */
  learn(object: KubernetesObject): void
  /** Forgets an object that is gone; another one of its name stays. */
  forget(reference: ObjectReference, uid: string | undefined): void
}
