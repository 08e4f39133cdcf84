import type { ApiObject } from 'cdk8s'
import { formatObject } from '../api/object.ts'

/** Two constructs that make the same object, or two sets of objects that go into the same file. */
export interface Collision {
  /** What both make, for people. */
  readonly what: string
  /** Paths of the constructs, in the order in which they were met. */
  readonly paths: readonly [first: string, second: string]
}

/** Names of the objects of one synthesis, with the constructs that made them. */
export class ObjectNames {
  readonly #owners = new Map<string, ApiObject>()
  readonly #collisions = new Map<ApiObject, Collision>()

  /** Remembers what a construct makes. The same construct may say it again. */
  add(object: ApiObject, json: unknown): void {
    const { kind, metadata } = json as { readonly kind?: unknown; readonly metadata?: Partial<Record<string, unknown>> }
    const { name, namespace } = metadata ?? {}
    if (typeof kind !== 'string' || typeof name !== 'string') return
    const place = typeof namespace === 'string' ? namespace : ''
    const key = [object.apiGroup, kind, place, name].join('\n')
    const owner = this.#owners.get(key)
    if (owner === undefined) this.#owners.set(key, object)
    else if (owner !== object && !this.#collisions.has(object)) {
      const namespaced = place === '' ? {} : { namespace: place }
      const what = formatObject({ apiVersion: object.apiVersion, kind, name, ...namespaced })
      this.#collisions.set(object, { what, paths: [owner.node.path, object.node.path] })
    }
  }

  /** Objects that two constructs make. */
  get collisions(): readonly Collision[] {
    return [...this.#collisions.values()]
  }
}
