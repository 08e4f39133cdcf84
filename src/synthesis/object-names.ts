import { basename } from 'node:path'
import type { ApiObject } from 'cdk8s'
import { formatObject } from '../api/object.ts'
import type { KubernetesObject } from '../api/object.ts'

/** Two constructs that make the same object or, under names that differ less than they should, the same file. */
export interface Collision {
  /** What both make, for people: `ConfigMap shop/orders`, `the file ConfigMap.orders.k8s.yaml`. */
  readonly what: string
  /** Paths of the constructs, in the order in which they were met. */
  readonly paths: readonly [first: string, second: string]
}

/** Names of the objects and files of one synthesis, with the constructs that made them. */
export class ObjectNames {
  readonly #owners = new Map<string, ApiObject>()
  /** The construct of the first object of each file. */
  readonly #files = new Map<string, string>()
  readonly #collisions = new Map<ApiObject | string, Collision>()

  /** Remembers what a construct makes. The same construct may say it again. */
  add(object: ApiObject, json: unknown): void {
    const key = keyOf(json)
    if (key === undefined) return
    const owner = this.#owners.get(key)
    if (owner === undefined) this.#owners.set(key, object)
    else if (owner !== object && !this.#collisions.has(object)) {
      const { kind, metadata } = json as KubernetesObject
      const { name, namespace } = metadata
      const what = formatObject({ apiVersion: '', kind, name, ...(namespace === undefined ? {} : { namespace }) })
      this.#collisions.set(object, { what, paths: [owner.node.path, object.node.path] })
    }
  }

  /** Remembers which objects go into a file: cdk8s overwrites one that is there, and says nothing. */
  addFile(file: string, documents: readonly unknown[]): void {
    const owner = this.#owners.get(keyOf(documents[0]) ?? '')?.node.path ?? 'a chart without objects'
    const first = this.#files.get(file)
    if (first === undefined) this.#files.set(file, owner)
    // The same object twice is told as such.
    else if (first !== owner) this.#collisions.set(file, { what: `the file ${basename(file)}`, paths: [first, owner] })
  }

  /** What two constructs make. */
  get collisions(): readonly Collision[] {
    return [...this.#collisions.values()]
  }
}

/** What must be one of its kind in a cluster; undefined for what is no object. */
function keyOf(json: unknown): string | undefined {
  const { apiVersion, kind, metadata } = (json ?? {}) as Readonly<Partial<Record<string, unknown>>>
  const { name, namespace } = (metadata ?? {}) as Readonly<Partial<Record<string, unknown>>>
  if (typeof apiVersion !== 'string' || typeof kind !== 'string' || typeof name !== 'string') return undefined
  const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : ''
  return `${group}\n${kind}\n${typeof namespace === 'string' ? namespace : ''}\n${name}`
}
