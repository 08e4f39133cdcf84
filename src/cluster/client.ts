import type { KubernetesObject, ObjectReference } from '../api/object.ts'
import type { ApiRequest } from './api-request.ts'
import type { ApplyOptions, CallOptions, DeleteOptions, Selection, WriteOptions } from './client-options.ts'
import { Discovery } from './discovery.ts'
import { isNotFound } from './error-guards.ts'
import type { JsonObject } from './json-object.ts'
import { requireObject } from './kubernetes-object.ts'
import { listAll, listEach } from './list.ts'
import type { ListOptions, ListReader, ObjectList } from './list.ts'
import { ResourceRequests } from './resource-requests.ts'
import type { Call, CallSubject, Sending } from './resource-requests.ts'
import type { Transport } from './transport.ts'

/** `deleting`: accepted, but finalizers or dependents keep the object for now; `absent`: it was not there. */
export type DeleteResult = 'deleted' | 'deleting' | 'absent'

/** A question to the API server about rights or identity. */
export interface ReviewQuestion {
  readonly apiVersion: string
  readonly kind: string
  readonly spec?: JsonObject
}

/**
 * The verbs of the Kubernetes API on plain JSON objects. A body is sent exactly as it is given.
 *
 * A namespaced object without `metadata.namespace` is addressed in the namespace of the connection.
 *
 * Every method throws what {@link Transport.request} throws, and KindNotServedError where a CRD is not installed.
 */
export class Client {
  readonly transport: Transport
  readonly discovery: Discovery
  readonly #requests: ResourceRequests

  constructor(transport: Transport, discovery: Discovery = new Discovery(transport)) {
    this.transport = transport
    this.discovery = discovery
    this.#requests = new ResourceRequests(transport, discovery)
  }

  /** @returns `undefined` when there is no such object; never for a kind that is not served */
  async get(reference: ObjectReference, options: CallOptions = {}): Promise<KubernetesObject | undefined> {
    const call = await this.#requests.object('get', reference, options.signal)
    const sending: Sending = { method: 'GET', expect: { kind: reference.kind }, retry: 'idempotent' }
    try {
      return requireObject(await this.#requests.send(call, sending, options), call.target)
    } catch (error) {
      if (isNotFound(error)) return undefined
      throw error
    }
  }

  /** The whole collection, page by page. Items carry apiVersion and kind, which the API leaves out. */
  list(selection: Selection, options: ListOptions = {}): Promise<ObjectList> {
    return listAll(this.#requests, selection, options)
  }

  /**
   * The same, each object handed over as it comes, so that nobody has to hold them all.
   * @returns the resourceVersion to watch from
   */
  listEach(selection: Selection, reader: ListReader, options: ListOptions = {}): Promise<string> {
    return listEach(this.#requests, selection, options, reader)
  }

  /**
   * Creates, and only that: an object of this name is an error (`isAlreadyExists`). Not repeated when the outcome is
   * unknown; then read the object again and compare.
   */
  async create(object: KubernetesObject, options: WriteOptions = {}): Promise<KubernetesObject> {
    const call = await this.#requests.object('create', subjectOf(object), options.signal)
    return this.#write(call, options, {
      method: 'POST',
      expect: { kind: object.kind },
      retry: options.dryRun === true ? 'idempotent' : 'create',
      body: object,
      query: writeQuery(options),
    })
  }

  /**
   * Replaces the whole object, which must carry the `metadata.resourceVersion` that it was read with: it is refused
   * (`isConflict`) when the object changed since. Not repeated when the outcome is unknown; a repetition would meet the
   * change that the first one made. Read the object again then.
   *
   * @throws TypeError without a resourceVersion: whatever somebody else wrote meanwhile would be lost
   */
  async update(object: KubernetesObject, options: WriteOptions = {}): Promise<KubernetesObject> {
    if (object.metadata.resourceVersion === undefined)
      throw new TypeError(`${object.kind} ${object.metadata.name} is to be updated, but carries no resourceVersion`)
    const call = await this.#requests.object('update', subjectOf(object), options.signal)
    return this.#write(call, options, {
      method: 'PUT',
      expect: { kind: object.kind },
      retry: options.dryRun === true ? 'idempotent' : 'create',
      body: object,
      query: writeQuery(options),
    })
  }

  /**
   * Asks a question that is put as an object and stored nowhere: SelfSubjectAccessReview, TokenReview …
   *
   * @returns the object with the answer in `status`
   */
  async review(question: ReviewQuestion, options: CallOptions = {}): Promise<JsonObject> {
    const { apiVersion, kind } = question
    const call = await this.#requests.collection('create', { apiVersion, kind }, options.signal)
    return this.#requests.send(call, { method: 'POST', expect: { kind }, retry: 'idempotent', body: question }, options)
  }

  /**
   * Server-side apply: creates the object or changes what differs, and owns the fields that it names.
   *
   * With `metadata.uid` it never creates. Conflicts with other managers are errors (`isFieldManagerConflict`).
   * @see https://kubernetes.io/docs/reference/using-api/server-side-apply/
   */
  apply(object: KubernetesObject, options: ApplyOptions = {}): Promise<KubernetesObject> {
    return this.#apply(subjectOf(object), object, options)
  }

  /**
   * Server-side apply of the status sub-resource. The server ignores every field outside `status`, also `metadata.uid`: only
   * with `metadata.resourceVersion` is it refused (`isConflict`) for another object of that name, or another state of this one.
   */
  applyStatus(object: KubernetesObject, options: ApplyOptions = {}): Promise<KubernetesObject> {
    return this.#apply({ ...subjectOf(object), subresource: 'status' }, object, options)
  }

  /** JSON merge patch. With `metadata.resourceVersion` in it, it is refused (`isConflict`) when the object changed. */
  async patch(reference: ObjectReference, patch: JsonObject, options: WriteOptions = {}): Promise<KubernetesObject> {
    const call = await this.#requests.object('patch', reference, options.signal)
    return this.#write(call, options, {
      method: 'PATCH',
      contentType: 'application/merge-patch+json',
      expect: { kind: reference.kind },
      retry: 'idempotent',
      body: patch,
      query: writeQuery(options),
    })
  }

  /**
   * JSON patch, all of it or nothing. Where it replaces `metadata.resourceVersion`, it is refused (`isConflict`) when the
   * object changed.
   * @see https://www.rfc-editor.org/rfc/rfc6902
   */
  async jsonPatch(
    reference: ObjectReference,
    operations: readonly object[],
    options: WriteOptions = {},
  ): Promise<KubernetesObject> {
    const call = await this.#requests.object('patch', reference, options.signal)
    return this.#write(call, options, {
      method: 'PATCH',
      contentType: 'application/json-patch+json',
      expect: { kind: reference.kind },
      retry: 'idempotent',
      body: operations,
      query: writeQuery(options),
    })
  }

  /** Deletes. An object that is not there is no error; one with another uid than asked for is (`isConflict`). */
  async delete(reference: ObjectReference, options: DeleteOptions = {}): Promise<DeleteResult> {
    const call = await this.#requests.object('delete', reference, options.signal)
    // Without a uid, a repetition could hit an object that was created in between.
    const retry = options.uid === undefined ? 'create' : 'idempotent'
    // The server heeds the body; in the address it shows a dry run to whoever reads an access log.
    const query = options.dryRun === true ? { dryRun: 'All' } : {}
    const sending: Sending = { method: 'DELETE', expect: 'deletion', retry, body: deleteBody(options), query }
    try {
      const reply = await this.#requests.send(call, sending, options)
      return reply['kind'] === 'Status' ? 'deleted' : 'deleting'
    } catch (error) {
      if (isNotFound(error)) return 'absent'
      throw error
    }
  }

  /** For what sends its own requests about a collection (watch). */
  collection(verb: string, selection: Selection, signal?: AbortSignal): Promise<Call> {
    return this.#requests.collection(verb, selection, signal)
  }

  async #apply(subject: CallSubject, object: KubernetesObject, options: ApplyOptions): Promise<KubernetesObject> {
    const call = await this.#requests.object('patch', subject, options.signal)
    const reply = options.metadataOnly === true ? METADATA_REPLY : { expect: { kind: object.kind } }
    const stored = await this.#write(call, options, {
      method: 'PATCH',
      contentType: 'application/apply-patch+yaml',
      ...reply,
      retry: 'idempotent',
      body: object,
      query: { ...writeQuery(options), force: options.force === true ? true : undefined },
    })
    const { apiVersion, kind } = object
    return options.metadataOnly === true ? { ...stored, apiVersion, kind } : stored
  }

  async #write(call: Call, options: CallOptions, sending: Sending): Promise<KubernetesObject> {
    return requireObject(await this.#requests.send(call, sending, options), call.target)
  }
}

/** The representation that holds metadata only. @see https://kubernetes.io/docs/reference/using-api/api-concepts/#metadata-only-fetches */
const METADATA_REPLY = {
  accept: 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io',
  expect: { kind: 'PartialObjectMetadata' },
} as const

function subjectOf({ apiVersion, kind, metadata }: KubernetesObject): CallSubject {
  return { apiVersion, kind, name: metadata.name, namespace: metadata.namespace }
}

function writeQuery({ fieldManager = 'cdk8s-database', dryRun }: WriteOptions): NonNullable<ApiRequest['query']> {
  return { fieldManager, fieldValidation: 'Strict', dryRun: dryRun === true ? 'All' : undefined }
}

function deleteBody(options: DeleteOptions): JsonObject {
  const { uid, resourceVersion, propagationPolicy, gracePeriodSeconds, dryRun } = options
  const preconditions = { uid, resourceVersion }
  // Fields without a value are left out by JSON.stringify.
  return {
    apiVersion: 'v1',
    kind: 'DeleteOptions',
    preconditions: uid === undefined && resourceVersion === undefined ? undefined : preconditions,
    propagationPolicy,
    gracePeriodSeconds,
    dryRun: dryRun === true ? ['All'] : undefined,
  }
}
