import type { Duplex } from 'node:stream'
import type { KubernetesObject, ObjectReference } from '../../api/object.ts'
import type { JsonPatchOperation } from '../../plan/json-patch.ts'
import type { RequestBudget } from '../../report/event.ts'
import type { Client } from '../../cluster/client.ts'
import type { WatchEvent } from '../../cluster/watch-event.ts'
import type { WatchOptions } from '../../cluster/watch.ts'
import { isAlreadyExists } from '../../cluster/error-guards.ts'
import type { ApplyOptions, ClusterApi, DeletionOptions, ObjectQuery, Permission } from './cluster-api.ts'

/** Reads, as the budget counts them. */
const READ_VERBS: ReadonlySet<string> = new Set(['get', 'list', 'watch'])

/** What RBAC calls a create although nothing is stored. */
const STORES_NOTHING: ReadonlySet<string> = new Set(['selfsubjectaccessreviews', 'pods/portforward'])

/** The applier's view of a real API server. */
export class KubernetesClusterApi implements ClusterApi {
  readonly #client: Client
  readonly #watching: Omit<WatchOptions, 'signal'>
  #dryRuns = 0

  /** @param watching how its watches behave */
  constructor(client: Client, watching: Omit<WatchOptions, 'signal'> = {}) {
    this.#client = client
    this.#watching = watching
  }

  async isNamespaced(apiVersion: string, kind: string): Promise<boolean> {
    return (await this.#client.discovery.find(apiVersion, kind)).namespaced
  }

  hasStatus(apiVersion: string, kind: string): Promise<boolean> {
    return this.#client.discovery.hasStatus(apiVersion, kind)
  }

  servedVersions(group: string): Promise<readonly string[]> {
    return this.#client.discovery.versions(group)
  }

  get(reference: ObjectReference): Promise<KubernetesObject | undefined> {
    return this.#client.get(reference)
  }

  async list(query: ObjectQuery): Promise<readonly KubernetesObject[]> {
    return (await this.#client.list(query)).items
  }

  listEach(query: ObjectQuery, onObject: (object: KubernetesObject) => void, part?: 'identity'): Promise<string> {
    return this.#client.listEach(query, { onObject }, { metadataOnly: part === 'identity', withoutManagers: true })
  }

  async listMetadata(query: ObjectQuery): Promise<readonly KubernetesObject[]> {
    return (await this.#client.list(query, { metadataOnly: true })).items
  }

  create(object: KubernetesObject, manager: string): Promise<KubernetesObject> {
    return this.#client.create(object, { fieldManager: manager })
  }

  async checkFields(object: KubernetesObject): Promise<void> {
    this.#dryRuns += 1
    try {
      await this.#client.create(object, { dryRun: true })
    } catch (error) {
      if (!isAlreadyExists(error)) throw error
    }
  }

  apply(
    object: KubernetesObject,
    { manager, force, dryRun, reply, subresource }: ApplyOptions,
  ): Promise<KubernetesObject> {
    const options = {
      fieldManager: manager,
      force: force === true,
      dryRun: dryRun === true,
      metadataOnly: reply === 'metadata',
    }
    if (dryRun === true) this.#dryRuns += 1
    return subresource === 'status' ? this.#client.applyStatus(object, options) : this.#client.apply(object, options)
  }

  patch(
    reference: ObjectReference,
    operations: readonly JsonPatchOperation[],
    { manager, dryRun }: Pick<ApplyOptions, 'manager' | 'dryRun'>,
  ): Promise<KubernetesObject> {
    if (dryRun === true) this.#dryRuns += 1
    return this.#client.jsonPatch(reference, operations, { fieldManager: manager, dryRun: dryRun === true })
  }

  async delete(
    reference: ObjectReference,
    uid: string,
    resourceVersion?: string,
    { orphan = false, dryRun = false }: DeletionOptions = {},
  ): Promise<void> {
    if (dryRun) this.#dryRuns += 1
    const preconditions = resourceVersion === undefined ? { uid } : { uid, resourceVersion }
    const propagationPolicy = orphan ? 'Orphan' : 'Background'
    await this.#client.delete(reference, { ...preconditions, propagationPolicy, dryRun })
  }

  async mayApply({ apiVersion, kind, namespace, name }: ObjectReference): Promise<boolean> {
    const { plural: resource } = await this.#client.discovery.find(apiVersion, kind)
    const group = apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : ''
    const allowed = ['create', 'patch'].map((verb) =>
      this.isAllowed({ verb, group, resource, name, ...(namespace === undefined ? {} : { namespace }) }),
    )
    return (await Promise.all(allowed)).every(Boolean)
  }

  async isAllowed({ verb, group, resource, subresource, namespace, name }: Permission): Promise<boolean> {
    const review = await this.#client.review({
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      spec: { resourceAttributes: { verb, group, resource, subresource, namespace, name } },
    })
    return (review['status'] as { allowed?: boolean } | undefined)?.allowed === true
  }

  async watch(query: ObjectQuery, onEvent: (event: WatchEvent) => void, signal: AbortSignal): Promise<void> {
    const { watch } = await import('../../cluster/watch.ts')
    for await (const event of watch(this.#client, query, { ...this.#watching, signal })) onEvent(event)
  }

  async connectToPod(namespace: string, pod: string, port: number): Promise<Duplex> {
    const { openPortForward } = await import('../../cluster/port-forward.ts')
    return openPortForward(this.#client.transport, { namespace, pod, port })
  }

  budget(): RequestBudget {
    const usage = this.#client.transport.usage()
    const count = (counts: (entry: (typeof usage)[number]) => boolean): number =>
      usage.filter(counts).reduce((sum, { requests }) => sum + requests, 0)
    const reads = count(({ verb, resource }) => READ_VERBS.has(verb) || STORES_NOTHING.has(resource))
    return {
      reads,
      lists: count(({ verb }) => verb === 'list'),
      dryRuns: this.#dryRuns,
      writes: count(() => true) - reads - this.#dryRuns,
      throttled: this.#client.transport.rejections,
      bytes: usage.reduce((sum, { bytesSent, bytesReceived }) => sum + bytesSent + bytesReceived, 0),
    }
  }
}
