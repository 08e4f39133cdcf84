import { derivedNames } from '../../api/names.ts'
import { formatReference } from '../../api/object.ts'
import type { KubernetesObject } from '../../api/object.ts'
import { readLive } from '../cluster/live-objects.ts'
import type { ClusterApi } from '../cluster/cluster-api.ts'
import type { ApplyItem, DatabaseItem } from '../set/apply-set.ts'
import { possibleSurplus } from '../set/surplus.ts'

/**
 * The live objects of databases that their specs do not ask for, from the lists that are read anyway.
 *
 * Workflow: read `items` beside the children, telling `see` of every live object; then `readRest`.
 */
export class SurplusReading {
  readonly #possible = new Map<ApplyItem, DatabaseItem>()
  readonly #primaries = new Map<ApplyItem, DatabaseItem>()
  readonly #found = new Map<DatabaseItem, KubernetesObject[]>()
  /** What is worth asking about only since a live StatefulSet was seen. */
  readonly #rest: ApplyItem[] = []

  constructor(databases: readonly DatabaseItem[]) {
    for (const item of databases) {
      for (const possible of possibleSurplus(item.database, item.children, undefined))
        this.#possible.set(possible, item)
      const { statefulSet } = derivedNames(item.database.metadata.name)
      const isPrimary = ({ reference: { kind, name } }: ApplyItem): boolean =>
        kind === 'StatefulSet' && name === statefulSet
      const primary = item.children.find(isPrimary)
      if (primary !== undefined) this.#primaries.set(primary, item)
    }
  }

  /** What may be there. Not being there, or not being allowed to look, is as good as nothing. */
  get items(): ApplyItem[] {
    return [...this.#possible.keys()]
  }

  /** Whether an item is one of those that may be there, and is not wanted. */
  has(item: ApplyItem): boolean {
    return this.#possible.has(item)
  }

  /** Takes note of a live object. */
  see(item: ApplyItem, live: KubernetesObject): void {
    const database = this.#possible.get(item)
    if (database !== undefined) this.#found.set(database, [...this.of(database), live])
    const owner = this.#primaries.get(item)
    if (owner === undefined) return
    const asked = new Set(possibleSurplus(owner.database, owner.children, undefined).map(keyOf))
    for (const possible of possibleSurplus(owner.database, owner.children, live)) {
      if (asked.has(keyOf(possible))) continue
      this.#possible.set(possible, owner)
      this.#rest.push(possible)
    }
  }

  /** Reads what the live StatefulSets gave reason to look for; nothing where they gave none. */
  readRest(api: ClusterApi): Promise<void> {
    return readLive(api, this.#rest, {
      onLive: (item, live) => {
        if (live !== undefined) this.see(item, live)
      },
      onForbidden: () => undefined,
      isOptional: () => true,
    })
  }

  /** What is there of one database. */
  of(database: DatabaseItem): readonly KubernetesObject[] {
    return this.#found.get(database) ?? []
  }
}

const keyOf = ({ reference }: ApplyItem): string => formatReference(reference)
