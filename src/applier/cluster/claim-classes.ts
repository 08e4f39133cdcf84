import type { FirstConsumer } from '../../api/kstatus.ts'
import type { KubernetesObject } from '../../api/object.ts'
import { isForbidden } from '../../cluster/error-guards.ts'
import { claimsInUse } from './claim-use.ts'
import type { ClusterApi } from './cluster-api.ts'

/** Knows which claims are bound only once a pod uses them, and whether such a pod is in the set. */
export class ClaimClasses {
  readonly #api: Pick<ClusterApi, 'get' | 'list'>
  readonly #inUse: ReadonlySet<string>
  readonly #modes = new Map<string, Promise<boolean>>()
  readonly #waiting = new Set<string>()

  /** @param objects the set, whose pods are the ones to come */
  constructor(api: Pick<ClusterApi, 'get' | 'list'>, objects: readonly KubernetesObject[]) {
    this.#api = api
    this.#inUse = claimsInUse(objects)
  }

  /** Reads the class of a claim that is not bound, once per class. What cannot be read is taken as binding at once. */
  async learn(claim: KubernetesObject): Promise<void> {
    const { phase } = (claim['status'] ?? {}) as { phase?: string }
    const { storageClassName = '' } = (claim['spec'] ?? {}) as { storageClassName?: string }
    if (phase === 'Bound' || storageClassName === '') return
    const known = this.#modes.get(storageClassName) ?? this.#bindsLate(storageClassName, claim.metadata.namespace)
    this.#modes.set(storageClassName, known)
    if (await known) this.#waiting.add(keyOf(claim))
  }

  /** Who is to use a claim; `undefined` where it is bound at once. */
  firstConsumerOf(object: KubernetesObject): FirstConsumer | undefined {
    if (object.kind !== 'PersistentVolumeClaim' || !this.#waiting.has(keyOf(object))) return undefined
    return this.#inUse.has(keyOf(object)) ? 'coming' : 'none'
  }

  async #bindsLate(name: string, namespace: string | undefined): Promise<boolean> {
    try {
      const found = await this.#api.get({ apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass', name })
      return found?.['volumeBindingMode'] === 'WaitForFirstConsumer'
    } catch (error) {
      return isForbidden(error) && this.#saysSo(namespace)
    }
  }

  /** Where classes may not be read, the controller's own events tell the same. */
  async #saysSo(namespace: string | undefined): Promise<boolean> {
    const fieldSelector = 'involvedObject.kind=PersistentVolumeClaim,reason=WaitForFirstConsumer'
    const query = { apiVersion: 'v1', kind: 'Event', fieldSelector }
    try {
      return (await this.#api.list({ ...query, ...(namespace === undefined ? {} : { namespace }) })).length > 0
    } catch (error) {
      if (isForbidden(error)) return false
      throw error
    }
  }
}

const keyOf = ({ metadata }: KubernetesObject): string => `${metadata.namespace ?? ''}/${metadata.name}`
