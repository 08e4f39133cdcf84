/** A cluster that is only read: objects come and go by hand, requests are counted, rights can be missing. */
import { formatReference, referenceOf } from '../../../src/api/object.ts'
import type { KubernetesObject, ObjectReference } from '../../../src/api/object.ts'
import type { ObjectQuery } from '../../../src/applier/cluster/cluster-api.ts'
import type { WaitingApi } from '../../../src/applier/waiting/waiting.ts'
import type { WatchEvent } from '../../../src/cluster/watch-event.ts'
import { refusal } from '../fake-cluster.ts'

/** See above. */
export class WaitedCluster implements WaitingApi {
  readonly requests: string[] = []
  /** `verb Kind`, or `verb Kind namespace` with `*` for all of them. */
  readonly denied = new Set<string>()
  readonly withStatus = new Set<string>()
  readonly #objects = new Map<string, KubernetesObject>()
  readonly #watchers = new Set<{ readonly query: ObjectQuery; readonly onEvent: (event: WatchEvent) => void }>()

  put(...objects: readonly KubernetesObject[]): void {
    for (const object of objects) {
      this.#objects.set(formatReference(referenceOf(object)), object)
      for (const { query, onEvent } of this.#watchers) if (isMeant(object, query)) onEvent({ type: 'modified', object })
    }
  }

  remove(object: KubernetesObject): void {
    this.#objects.delete(formatReference(referenceOf(object)))
    for (const { query, onEvent } of this.#watchers) if (isMeant(object, query)) onEvent({ type: 'deleted', object })
  }

  /** Every watch loses its connection. */
  interrupt(error: Error): void {
    for (const { onEvent } of this.#watchers) onEvent({ type: 'interrupted', error, retryInMs: 1 })
  }

  hasStatus(_apiVersion: string, kind: string): Promise<boolean> {
    return Promise.resolve(this.withStatus.has(kind))
  }

  get(reference: ObjectReference): Promise<KubernetesObject | undefined> {
    const denied = this.#count('get', reference, reference.name)
    return denied === undefined
      ? Promise.resolve(this.#objects.get(formatReference(reference)))
      : Promise.reject(denied)
  }

  list(query: ObjectQuery): Promise<readonly KubernetesObject[]> {
    const denied = this.#count('list', query)
    return denied === undefined ? Promise.resolve(this.#selected(query)) : Promise.reject(denied)
  }

  watch(query: ObjectQuery, onEvent: (event: WatchEvent) => void, signal: AbortSignal): Promise<void> {
    const watcher = { query, onEvent }
    const denied = this.#count('list', query)
    if (denied === undefined) {
      for (const object of this.#selected(query)) onEvent({ type: 'added', object })
      onEvent({ type: 'synced', resourceVersion: '1' })
    }
    const refused = denied ?? this.#count('watch', query)
    if (refused === undefined) this.#watchers.add(watcher)
    else onEvent({ type: 'interrupted', error: refused, retryInMs: 1 })
    return new Promise((resolve) => {
      const end = (): void => {
        this.#watchers.delete(watcher)
        resolve()
      }
      if (signal.aborted) end()
      else signal.addEventListener('abort', end, { once: true })
    })
  }

  #selected(query: ObjectQuery): readonly KubernetesObject[] {
    return [...this.#objects.values()].filter((object) => isMeant(object, query))
  }

  #count(verb: string, { kind, namespace, apiVersion, ...rest }: ObjectQuery, name = ''): Error | undefined {
    const selector = [rest.fieldSelector, rest.labelSelector].filter((part) => part !== undefined).join(' ')
    this.requests.push(`${verb} ${kind} ${namespace ?? '*'} ${name}${selector}`.trim())
    const isDenied = this.denied.has(`${verb} ${kind}`) || this.denied.has(`${verb} ${kind} ${namespace ?? '*'}`)
    return isDenied ? refusal(403, 'Forbidden', { apiVersion, kind, metadata: { name } }) : undefined
  }
}

function isMeant(object: KubernetesObject, { apiVersion, kind, namespace, fieldSelector }: ObjectQuery): boolean {
  const { name, namespace: own } = object.metadata
  const isNamed = fieldSelector?.startsWith('metadata.name=') !== true || fieldSelector === `metadata.name=${name}`
  return (
    object.apiVersion === apiVersion &&
    object.kind === kind &&
    isNamed &&
    (namespace === undefined || own === namespace)
  )
}
