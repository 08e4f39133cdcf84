import type { Duplex } from 'node:stream'
import type { KubernetesObject, ObjectReference } from '../../api/object.ts'
import type { JsonPatchOperation } from '../../plan/json-patch.ts'
import type { WatchEvent } from '../../cluster/watch-event.ts'
import type { RequestBudget } from '../../report/event.ts'

/** Which objects a list or a watch is about. */
export interface ObjectQuery {
  readonly apiVersion: string
  readonly kind: string
  /** Absent: all namespaces, or a cluster-scoped kind. */
  readonly namespace?: string
  readonly labelSelector?: string
  readonly fieldSelector?: string
}

/** How an object is applied. */
export interface ApplyOptions {
  readonly manager: string
  /** Take fields from other managers. @default false */
  readonly force?: boolean
  /** Ask the server what would happen; nothing is stored. @default false */
  readonly dryRun?: boolean
  /** How much of the object as it is then is asked for. @default all of it */
  readonly reply?: 'metadata'
  /** Sub-resource, `status`. @default the object itself */
  readonly subresource?: 'status'
}

/** How an object is deleted. */
export interface DeletionOptions {
  /** Whether what it owns stays, without an owner. @default false: it goes too */
  readonly orphan?: boolean
  /** Ask the server whether it would be deleted; nothing is. @default false */
  readonly dryRun?: boolean
}

/** One permission, as RBAC names it. */
export interface Permission {
  readonly verb: string
  readonly group: string
  readonly resource: string
  readonly subresource?: string
  readonly namespace?: string
  readonly name?: string
}

/**
 * What the applier needs of an API server. Objects are raw JSON and are sent exactly as given: the namespace of the
 * request is the body's, or the connection's where the body names none; it is never written into the body.
 */
export interface ClusterApi {
  /** Whether a kind lives in namespaces. @throws KindNotServedError */
  isNamespaced(apiVersion: string, kind: string): Promise<boolean>
  /**
   * Whether objects of a kind have a status that is written apart, by whoever looks after them.
   * @throws KindNotServedError
   */
  hasStatus(apiVersion: string, kind: string): Promise<boolean>
  /** Versions in which the server serves a group now, the preferred one first; none where it does not know the group. */
  servedVersions(group: string): Promise<readonly string[]>
  /** The object, or `undefined` where it does not exist. */
  get(reference: ObjectReference): Promise<KubernetesObject | undefined>
  list(query: ObjectQuery): Promise<readonly KubernetesObject[]>
  /**
   * Reads a collection object by object, so that nobody has to hold it whole. An object may come twice, and one may come
   * that is gone when the list is through.
   * @param part all of each object, or of its `metadata` what tells which object it is, without its managers
   * @returns the resourceVersion of the list
   */
  listEach(query: ObjectQuery, onObject: (object: KubernetesObject) => void, part?: 'identity'): Promise<string>
  /** Names what is there, without reading any value: objects with `metadata` only. */
  listMetadata(query: ObjectQuery): Promise<readonly KubernetesObject[]>
  /** Creates, and only creates. @throws ApiError AlreadyExists */
  create(object: KubernetesObject, manager: string): Promise<KubernetesObject>
  /**
   * Asks the server to read an object strictly, as if it were created; nothing is stored.
   * @throws ApiError 400 naming the field that it does not know
   */
  checkFields(object: KubernetesObject): Promise<void>
  /** Server-side apply with strict field validation. */
  apply(object: KubernetesObject, options: ApplyOptions): Promise<KubernetesObject>
  /**
   * JSON patch, all of it or nothing: for what an apply cannot express.
   * @throws ApiError 409 where it names another resourceVersion than the object has by now
   */
  patch(
    reference: ObjectReference,
    operations: readonly JsonPatchOperation[],
    options: Pick<ApplyOptions, 'manager' | 'dryRun'>,
  ): Promise<KubernetesObject>
  /**
   * Deletes with the uid as precondition, and the resourceVersion where one is given; absent already is success.
   * @throws ApiError 409 where the object is another one, or changed since
   */
  delete(reference: ObjectReference, uid: string, resourceVersion?: string, options?: DeletionOptions): Promise<void>
  /** Whether the user may create and change objects of that kind there: for what a dry run cannot judge yet. */
  mayApply(reference: ObjectReference): Promise<boolean>
  /** Whether the user may do that (SelfSubjectAccessReview). */
  isAllowed(permission: Permission): Promise<boolean>
  /**
   * Watches until aborted: first everything that is there, then `synced`, then every change. Survives what a watch must
   * survive.
   */
  watch(query: ObjectQuery, onEvent: (event: WatchEvent) => void, signal: AbortSignal): Promise<void>
  /** A connection to a port of a pod, through the API server. */
  connectToPod(namespace: string, pod: string, port: number): Promise<Duplex>
  /** Requests so far. */
  budget(): RequestBudget
}
