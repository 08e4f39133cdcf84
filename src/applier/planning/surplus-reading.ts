import type { Database } from '../../api/database.ts'
import { derivedNames } from '../../api/names.ts'
import { formatReference } from '../../api/object.ts'
import type { KubernetesObject, ObjectReference } from '../../api/object.ts'
import { childrenAskedFor } from '../../api/optional-children.ts'
import { memberOf } from '../../plan/inventory.ts'
import type { PlannedPrune } from '../../plan/prune.ts'
import { readLive } from '../cluster/live-objects.ts'
import type { ClusterApi } from '../cluster/cluster-api.ts'
import { itemsOf } from '../set/apply-set.ts'
import type { ApplyItem, ApplySet, DatabaseItem } from '../set/apply-set.ts'
import { judgeSurplus, possibleSurplus } from '../set/surplus.ts'
import type { PlanningOptions } from './planning-options.ts'

/**
 * The live objects of databases that their specs do not ask for, from the lists that are read anyway.
 *
 * Workflow: read `items` beside the children, telling `see` of every live object; then `readRest`.
 */
export class SurplusReading {
  readonly #possible = new Map<ApplyItem, DatabaseItem>()
  readonly #primaries = new Map<ApplyItem, DatabaseItem>()
  readonly #found = new Map<DatabaseItem, KubernetesObject[]>()
  readonly #forbidden = new Set<ApplyItem>()
  /** What is worth asking about only since a live StatefulSet was seen. */
  readonly #rest: ApplyItem[] = []

  /** References of the whole set: what one database may have left over may be a part of another (`a`, and `a-ro`). */
  readonly #wanted: ReadonlySet<string>

  constructor(set: Pick<ApplySet, 'others' | 'databases'>) {
    this.#wanted = new Set(itemsOf(set).map(keyOf))
    for (const item of set.databases) {
      for (const possible of this.#possibleOf(item, undefined)) this.#possible.set(possible, item)
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
    if (database !== undefined) this.#found.set(database, [...this.#of(database), live])
    const owner = this.#primaries.get(item)
    if (owner === undefined) return
    const asked = new Set(this.#possibleOf(owner, undefined).map(keyOf))
    for (const possible of this.#possibleOf(owner, live)) {
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
      onForbidden: (item) => this.forbid(item),
      isOptional: () => true,
    })
  }

  /** Takes note of what may not be read. */
  forbid(item: ApplyItem): void {
    this.#forbidden.add(item)
  }

  /**
   * What becomes of what is left over of one database. Of what may not be read, only what its live spec asked for is told of.
   * @param live the Database as it is now; `undefined` where there is none
   */
  planOf(
    item: DatabaseItem,
    live: KubernetesObject | undefined,
    otherSet: PlanningOptions['otherSet'],
  ): readonly PlannedPrune[] {
    if (live === undefined) return []
    const { name, namespace = 'default' } = item.database.metadata
    const had = new Set(childrenAskedFor(live as unknown as Database).map(formatReference))
    const unread = [...this.#forbidden].filter(
      (possible) => this.#possible.get(possible) === item && had.has(keyOf(possible)),
    )
    return [
      ...judgeSurplus({ name, namespace, uid: live.metadata.uid }, this.#of(item), otherSet),
      ...unread.map(({ reference }) => unreadable(reference)),
    ]
  }

  #possibleOf({ database, children }: DatabaseItem, statefulSet: KubernetesObject | undefined): ApplyItem[] {
    return possibleSurplus(database, children, statefulSet).filter((item) => !this.#wanted.has(keyOf(item)))
  }

  #of(database: DatabaseItem): readonly KubernetesObject[] {
    return this.#found.get(database) ?? []
  }
}

function unreadable(reference: ObjectReference): PlannedPrune {
  const note = 'the spec no longer asks for it, and you may not read it'
  const remedy = `ask for the rights to get and delete ${reference.kind} objects, and run again`
  const decision = { action: 'keep', reason: 'Unreadable', note, remedy, remember: false } as const
  return { member: memberOf(reference), live: undefined, decision }
}

const keyOf = ({ reference }: ApplyItem): string => formatReference(reference)
