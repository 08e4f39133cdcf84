import type { ObjectReference } from '../../api/object.ts'
import { memberOf, membership } from '../../plan/inventory.ts'
import type { Member } from '../../plan/inventory.ts'
import { needsConfirmation } from '../../plan/prune.ts'
import type { PlannedPrune } from '../../plan/prune.ts'
import { itemsOf } from '../set/apply-set.ts'
import type { ApplyItem, ApplySet } from '../set/apply-set.ts'
import type { ClusterApi } from '../cluster/cluster-api.ts'
import type { SetName, StoredInventory } from './inventory-objects.ts'
import { pickInventory, readInventories } from './inventory-reading.ts'
import type { KnownInventories } from './inventory-reading.ts'
import { writeExact, writeSuperset } from './inventory-store.ts'
import { readLive } from '../cluster/live-objects.ts'
import type { PlannedSet } from '../planning/planned-set.ts'
import { planPrune, rememberedAfter } from './pruning.ts'
import type { PruneResult } from './pruning.ts'

/** Which set a run is about. */
export interface SetOptions extends SetName {
  /** Delete members that the manifests no longer hold. */
  readonly prune: boolean
}

/** The apply sets of a cluster, and the one that this run keeps, where it keeps one. */
export class ApplySets {
  readonly #api: ClusterApi
  readonly #known: KnownInventories
  readonly #options: SetOptions | undefined
  #own: StoredInventory | undefined

  /**
   * Reads them all in one list.
   * @throws InputError where the inventory of the own set cannot be read
   */
  static async open(api: ClusterApi, namespace: string, options: SetOptions | undefined): Promise<ApplySets> {
    return new ApplySets(api, await readInventories(api, options?.namespace ?? namespace), options)
  }

  private constructor(api: ClusterApi, known: KnownInventories, options: SetOptions | undefined) {
    this.#api = api
    this.#known = known
    this.#options = options
    this.#own = options === undefined ? undefined : pickInventory(known, options)
  }

  /** What could not be found out; told only to those who use sets. */
  get warnings(): readonly string[] {
    return this.#options === undefined ? [] : this.#known.warnings
  }

  /** Namespace of the own inventory; `undefined` where none is kept. */
  get namespace(): string | undefined {
    return this.#options?.namespace
  }

  /** Tells which other set knows an object. */
  get otherSet(): (reference: ObjectReference) => string | undefined {
    return membership(this.#known.inventories ?? [], this.#options ?? { set: '', namespace: '' })
  }

  /** What becomes of the members that the manifests no longer hold; nothing where the run does not prune. */
  async planPrune(set: ApplySet, plan: PlannedSet): Promise<readonly PlannedPrune[]> {
    if (this.#own === undefined || this.#options?.prune !== true) return []
    return planPrune(this.#api, this.#own, membersOf(set, plan), this.#known.inventories)
  }

  /** The question to ask before so much is deleted; `undefined` where nobody needs to be asked. */
  questionAbout(prunes: readonly PlannedPrune[]): string | undefined {
    return this.#own === undefined ? undefined : needsConfirmation(this.#own, prunes)
  }

  /** Makes known what is about to be written, before it is: a run that is killed then loses nothing. */
  async announce(set: ApplySet, plan: PlannedSet): Promise<void> {
    if (this.#own !== undefined) this.#own = await writeSuperset(this.#api, this.#own, membersOf(set, plan))
  }

  /** Writes what is there after the run. What was created is looked up once more, for its uid. */
  async conclude(
    set: ApplySet,
    plan: PlannedSet,
    prunes: readonly PlannedPrune[],
    results: readonly PruneResult[],
  ): Promise<void> {
    if (this.#own === undefined || this.#options === undefined) return
    const uids = uidsOf(plan)
    // Created or created again: it has a uid that nobody has seen.
    const changed = new Set(
      [...plan.others, ...plan.databases.flatMap(({ resource, children }) => [resource, ...children])].flatMap(
        ({ item, verdict }) => (verdict === 'replace' ? [item] : []),
      ),
    )
    const unknown = itemsOf(set).filter((item) => uids.get(item) === undefined || changed.has(item))
    await readLive(this.#api, unknown, { onLive: (item, live) => uids.set(item, live?.metadata.uid) })
    const members = itemsOf(set).map((item) => memberOf(item.reference, uids.get(item)))
    // Without pruning nobody has judged the orphans: they stay known.
    const orphans = this.#options.prune ? rememberedAfter(prunes, results) : this.#own.members
    await writeExact(this.#api, this.#own, members, orphans)
  }
}

/** Uids of what exists, as far as planning has seen it. */
function uidsOf({ others, databases }: PlannedSet): Map<ApplyItem, string | undefined> {
  const planned = [...others, ...databases.flatMap(({ resource, children }) => [resource, ...children])]
  const uids = new Map(planned.map(({ item, live }) => [item, live?.metadata.uid]))
  for (const { item, secretState } of databases)
    if (item.credentials !== undefined) uids.set(item.credentials, secretState?.split(' ')[0])
  return uids
}

function membersOf(set: ApplySet, plan: PlannedSet): Member[] {
  const uids = uidsOf(plan)
  return itemsOf(set).map((item) => memberOf(item.reference, uids.get(item)))
}
