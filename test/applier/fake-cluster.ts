/** A cluster in memory that keeps just enough rules for the applier: names, uids, create-only, managed fields of ours. */
import { Duplex } from 'node:stream'
import { formatReference, referenceOf } from '../../src/api/object.ts'
import type { KubernetesObject, ObjectReference } from '../../src/api/object.ts'
import type {
  ApplyOptions,
  ClusterApi,
  DeletionOptions,
  ObjectQuery,
  Permission,
} from '../../src/applier/cluster/cluster-api.ts'
import { ApiError } from '../../src/cluster/errors.ts'
import type { JsonPatchOperation } from '../../src/plan/json-patch.ts'
import type { WatchEvent } from '../../src/cluster/watch-event.ts'
import type { RequestBudget } from '../../src/report/event.ts'

/** A request that stored something, in order. */
export interface Write {
  readonly verb: 'create' | 'apply' | 'patch' | 'delete'
  readonly reference: string
  readonly manager?: string
}

/** See above. Errors to throw are put into `failures`, by `verb Kind name`. */
export class FakeCluster implements ClusterApi {
  readonly objects = new Map<string, KubernetesObject>()
  readonly writes: Write[] = []
  readonly failures = new Map<string, unknown>()
  readonly denied: Permission[] = []
  readonly clusterScoped = new Set(['Namespace', 'CustomResourceDefinition'])
  /** What a list says of itself. */
  version = '2'
  #uids = 0

  add(object: KubernetesObject): KubernetesObject {
    this.#uids += 1
    const stored = {
      ...object,
      // No object of a server has version 1: something was written before.
      metadata: { uid: `uid-${this.#uids}`, resourceVersion: '2', generation: 1, ...object.metadata },
    }
    this.objects.set(formatReference(referenceOf(stored)), stored)
    return stored
  }

  isNamespaced(_apiVersion: string, kind: string): Promise<boolean> {
    return Promise.resolve(!this.clusterScoped.has(kind))
  }

  hasStatus(): Promise<boolean> {
    return Promise.resolve(false)
  }

  servedVersions(): Promise<readonly string[]> {
    return Promise.resolve(['v1'])
  }

  get(reference: ObjectReference): Promise<KubernetesObject | undefined> {
    return this.#guard('get', reference, () => this.objects.get(formatReference(reference)))
  }

  list(query: ObjectQuery): Promise<readonly KubernetesObject[]> {
    return Promise.resolve([...this.objects.values()].filter((object) => isSelected(object, query)))
  }

  async listEach(query: ObjectQuery, onObject: (object: KubernetesObject) => void, part?: 'identity'): Promise<string> {
    const { apiVersion, kind } = query
    await this.#guard('list', { apiVersion, kind, name: '' }, () => undefined)
    for (const object of await this.list(query)) {
      onObject(part === 'identity' ? { apiVersion, kind, metadata: object.metadata } : object)
    }
    return this.version
  }

  listMetadata(query: ObjectQuery): Promise<readonly KubernetesObject[]> {
    return this.list(query)
  }

  create(object: KubernetesObject, manager: string): Promise<KubernetesObject> {
    return this.#guard('create', referenceOf(object), () => {
      if (this.objects.has(formatReference(referenceOf(object)))) throw refusal(409, 'AlreadyExists', object)
      this.writes.push({ verb: 'create', reference: formatReference(referenceOf(object)), manager })
      return this.add(object)
    })
  }

  checkFields(): Promise<void> {
    return Promise.resolve()
  }

  apply(object: KubernetesObject, { manager, dryRun, subresource }: ApplyOptions): Promise<KubernetesObject> {
    return this.#guard(dryRun === true ? 'dry-run' : 'apply', referenceOf(object), () => {
      const key = formatReference(referenceOf(object))
      const live = this.objects.get(key)
      const wanted = object.metadata.resourceVersion
      if (live === undefined && subresource === 'status') throw refusal(404, 'NotFound', object)
      if (live !== undefined && wanted !== undefined && wanted !== live.metadata.resourceVersion)
        throw refusal(409, 'Conflict', object)
      const managedFields = [{ manager, operation: 'Apply', fieldsV1: {} }]
      const resourceVersion = String(Number(live?.metadata.resourceVersion ?? 1) + 1)
      // Of what is sent about a status the server takes nothing else, and no uid keeps it from doing so.
      const sent = subresource === 'status' ? live?.metadata : object.metadata
      const metadata = { ...live?.metadata, ...sent, name: object.metadata.name, managedFields, resourceVersion }
      const merged = { ...live, ...object, metadata }
      // A dry run leaves the version as it is.
      if (dryRun === true && live?.metadata.resourceVersion !== undefined)
        return { ...merged, metadata: { ...metadata, resourceVersion: live.metadata.resourceVersion } }
      if (dryRun === true) return merged
      this.writes.push({ verb: 'apply', reference: key, manager })
      if (live === undefined) return this.add(merged)
      this.objects.set(key, merged)
      return merged
    })
  }

  patch(
    reference: ObjectReference,
    operations: readonly JsonPatchOperation[],
    { manager, dryRun = false }: Pick<ApplyOptions, 'manager' | 'dryRun'>,
  ): Promise<KubernetesObject> {
    return this.#guard('patch', reference, () => {
      const key = formatReference(reference)
      const live = this.objects.get(key)
      if (live === undefined) throw new Error(`nothing to patch: ${key}`)
      const patched = patchedObject(live, operations)
      if (dryRun) return live
      const resourceVersion = String(Number(live.metadata.resourceVersion ?? 0) + 1)
      const stored = { ...patched, metadata: { ...patched.metadata, resourceVersion } }
      this.writes.push({ verb: 'patch', reference: key, manager })
      this.objects.set(key, stored)
      return stored
    })
  }

  delete(
    reference: ObjectReference,
    uid: string,
    resourceVersion?: string,
    { dryRun = false }: DeletionOptions = {},
  ): Promise<void> {
    return this.#guard('delete', reference, () => {
      const key = formatReference(reference)
      const live = this.objects.get(key)
      if (live?.metadata.uid !== uid) return
      if (resourceVersion !== undefined && live.metadata.resourceVersion !== resourceVersion)
        throw refusal(409, 'Conflict', live)
      if (dryRun) return
      this.objects.delete(key)
      this.writes.push({ verb: 'delete', reference: key })
    })
  }

  mayApply(): Promise<boolean> {
    return Promise.resolve(true)
  }

  isAllowed(permission: Permission): Promise<boolean> {
    return Promise.resolve(
      !this.denied.some(
        ({ verb, resource, subresource }) =>
          verb === permission.verb && resource === permission.resource && subresource === permission.subresource,
      ),
    )
  }

  async watch(query: ObjectQuery, onEvent: (event: WatchEvent) => void, signal: AbortSignal): Promise<void> {
    for (const object of await this.list(query)) onEvent({ type: 'added', object })
    onEvent({ type: 'synced', resourceVersion: this.version })
    return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
  }

  connectToPod(): Promise<Duplex> {
    return Promise.reject(new Error('nothing listens in memory'))
  }

  budget(): RequestBudget {
    return { reads: 0, lists: 0, dryRuns: 0, writes: this.writes.length, bytes: 0, throttled: 0 }
  }

  #guard<Result>(verb: string, { kind, name }: ObjectReference, run: () => Result): Promise<Result> {
    const failure = this.failures.get(`${verb} ${kind} ${name}`)
    return failure === undefined ? new Promise((resolve) => resolve(run())) : Promise.reject(failure)
  }
}

/** The object after a JSON patch of keys; a resourceVersion that is not the live one is a conflict. */
function patchedObject(live: KubernetesObject, operations: readonly JsonPatchOperation[]): KubernetesObject {
  const patched = structuredClone(live) as unknown as Record<string, unknown>
  for (const operation of operations) {
    const unescaped = (key: string): string => key.replaceAll('~1', '/').replaceAll('~0', '~')
    const keys = operation.path.split('/').slice(1).map(unescaped)
    const key = keys.pop() ?? ''
    const parent = keys.reduce<Record<string, unknown>>(
      (at, name) => (at[name] ??= {}) as Record<string, unknown>,
      patched,
    )
    if (operation.path === '/metadata/resourceVersion' && operation.op === 'replace' && parent[key] !== operation.value)
      throw refusal(409, 'Conflict', live)
    if (operation.op === 'test' && parent[key] !== operation.value) throw refusal(422, 'Invalid', live)
    if (operation.op === 'remove') Reflect.deleteProperty(parent, key)
    else parent[key] = operation.value
  }
  return patched as unknown as KubernetesObject
}

/** Whether a query is about an object: equality and `in` of labels, and the name, are understood. */
function isSelected(
  object: KubernetesObject,
  { apiVersion, kind, namespace, labelSelector, fieldSelector }: ObjectQuery,
): boolean {
  const { labels, name } = object.metadata
  const requirements = [...(labelSelector ?? '').matchAll(/([^,= ]+)(?:=([^,]*)| in \(([^)]*)\))?(?:,|$)/g)]
  return (
    object.apiVersion === apiVersion &&
    object.kind === kind &&
    (namespace === undefined || object.metadata.namespace === namespace) &&
    (fieldSelector === undefined || fieldSelector === `metadata.name=${name}`) &&
    requirements.every(([, key = '', value, values]) =>
      value === undefined
        ? (values?.split(',') ?? [labels?.[key]]).includes(labels?.[key] ?? '')
        : labels?.[key] === value,
    )
  )
}

/** The API server's no. */
export function refusal(
  code: number,
  reason: string,
  object: KubernetesObject,
  causes: { reason?: string; message?: string; field?: string }[] = [],
): ApiError {
  return new ApiError({
    target: {
      verb: 'patch',
      resource: `${object.kind.toLowerCase()}s`,
      name: object.metadata.name,
      ...(object.metadata.namespace === undefined ? {} : { namespace: object.metadata.namespace }),
    },
    code,
    reason,
    serverMessage: `${object.kind} "${object.metadata.name}": ${reason}`,
    causes,
    about: { name: object.metadata.name },
  })
}
