import { formatReference, referenceOf } from '../../api/object.ts'
import type { ObjectReference } from '../../api/object.ts'
import type { ClusterApi, ObjectQuery } from '../cluster/cluster-api.ts'
import { isLater } from '../cluster/database-objects.ts'
import {
  MADE_BY_OTHERS,
  areInFewNamespaces,
  databaseKeyOf,
  queryOfScope,
  scopesOf,
} from '../cluster/database-queries.ts'
import { liveQueries } from '../cluster/live-queries.ts'
import type { DatabaseItem } from '../set/apply-set.ts'
import { stateOf } from '../cluster/object-state.ts'
import { belongingOf, partsOf } from './fingerprint.ts'

/** The states of the objects of some databases, from lists of their metadata: no value of any object is read. */
export class ListedStates {
  /** The latest version of any of the lists. */
  revision = '0'
  readonly #states = new Map<string, string>()
  readonly #belongings = new Map<string, string[]>()

  /** @throws ApiError where something may not be read */
  static async read(api: ClusterApi, databases: readonly DatabaseItem[]): Promise<ListedStates> {
    const listed = new ListedStates()
    const parts = liveQueries(databases.flatMap(partsOf)).map(({ list }) => list)
    const places = databases.map(({ key, resource }) => ({
      namespace: namespaceOf(key),
      name: resource.reference.name,
    }))
    const scopes = scopesOf(places, areInFewNamespaces(places))
    const belongings = MADE_BY_OTHERS.flatMap((kind) => scopes.map((scope) => queryOfScope(kind, scope)))
    await Promise.all([
      ...parts.filter((list) => list !== undefined).map((list) => listed.#readParts(api, list)),
      ...belongings.map((list) => listed.#readBelongings(api, list)),
    ])
    return listed
  }

  /** The state of an object; `undefined` where none was listed. */
  at(reference: ObjectReference): string | undefined {
    return this.#states.get(formatReference(reference))
  }

  /** Pods and claims of a database, by its `namespace/name`. */
  belongingsOf(key: string): readonly string[] {
    return this.#belongings.get(key) ?? []
  }

  async #readParts(api: ClusterApi, query: ObjectQuery): Promise<void> {
    const version = await api.listEach(
      query,
      (object) => {
        const state = stateOf(object)
        if (state !== undefined) this.#states.set(formatReference(referenceOf(object)), state)
      },
      'identity',
    )
    this.#take(version)
  }

  async #readBelongings(api: ClusterApi, query: ObjectQuery): Promise<void> {
    const listed = new Map<string | undefined, readonly [key: string, belonging: string]>()
    const version = await api.listEach(
      query,
      // One may come twice, where a page had to be asked for again.
      (object) => listed.set(object.metadata.uid, [databaseKeyOf(object), belongingOf(object)]),
      'identity',
    )
    for (const [key, belonging] of listed.values()) {
      const known = this.#belongings.get(key)
      if (known === undefined) this.#belongings.set(key, [belonging])
      else known.push(belonging)
    }
    this.#take(version)
  }

  #take(version: string): void {
    if (isLater(version, this.revision)) this.revision = version
  }
}

const namespaceOf = (key: string): string => key.slice(0, key.indexOf('/'))
