import { API_VERSION, FIELD_MANAGER, KIND } from '../api/group.ts'
import { InputError } from '../api/input-error.ts'
import { formatObject } from '../api/object.ts'
import type { KubernetesObject, ObjectReference, OwnerReference } from '../api/object.ts'
import { memberKey } from './inventory.ts'
import type { Inventory, Member } from './inventory.ts'
import { deleteByHand, protectionOf } from './prune-protection.ts'
import type { Protection } from './prune-protection.ts'
import { trackedBy } from './tracking.ts'

/** A member that is no longer desired, and what is there now. */
export interface Orphan {
  readonly member: Member
  /** `undefined` where nothing is there, or its kind is not served any more. */
  readonly live: KubernetesObject | undefined
}

/** Why an orphan stays. */
export type KeepReason =
  | Protection['reason']
  /** Its Database is kept, and it is part of it. */
  | 'OwnerKept'
  /** Something outside the set controls it now. */
  | 'ControlledElsewhere'
  /** Argo CD, Flux, Helm or the like tracks it now. */
  | 'TrackedElsewhere'
  /** It is not the object that was recorded: somebody deleted that one and created it again. */
  | 'Recreated'
  /** No field of it is ours: never written by us, or handed over since. */
  | 'NotOurs'
  /** Another apply set knows it. */
  | 'OtherSet'
  /** It is a desired object under the name of another API group. */
  | 'StillDesired'
  /** Its deletion has begun. */
  | 'Deleting'
  /** It may be there, and may not be looked at. */
  | 'Unreadable'

/** What happens to an orphan. */
export type PruneDecision =
  | {
      readonly action: 'prune'
      /** Preconditions of the delete: this object, as it was judged. */
      readonly uid: string
      readonly resourceVersion: string
    }
  | {
      readonly action: 'keep'
      readonly reason: KeepReason
      /** One line for people. */
      readonly note: string
      /** What to do about it; absent where nothing is to be done. */
      readonly remedy?: string
      /** Whether the set still knows it afterwards: true where it is ours and only stays for now. */
      readonly remember: boolean
    }
  /** There is nothing to delete; the set forgets it. */
  | { readonly action: 'gone' }

/** An orphan with its decision. */
export interface PlannedPrune extends Orphan {
  readonly decision: PruneDecision
}

/** What a decision about an orphan depends on beside the object. */
export interface PruneContext {
  /** Desired objects, with the uid of the live one where there is one. */
  readonly desired: readonly Member[]
  /** Another apply set that knows the object. */
  readonly otherSetOf: (reference: ObjectReference) => string | undefined
}

/**
 * Decides about every orphan of a set. Two orphans can depend on each other: what is part of a Database that stays,
 * stays too.
 */
export function decidePrunes(orphans: readonly Orphan[], context: PruneContext): PlannedPrune[] {
  const owners = new Owners(orphans, context.desired)
  const wantedUids = new Map(context.desired.map((member) => [member.uid, member]))
  const decided = new Map<Orphan, PruneDecision>()
  const decide = (orphan: Orphan, from: readonly Orphan[]): PruneDecision => {
    const known = decided.get(orphan)
    if (known !== undefined) return known
    const decision = decideOne(orphan, context, wantedUids, (live) => {
      const owner = owners.of(live)
      // Two objects that name each other as owner decide nothing about each other.
      if (typeof owner === 'string' || owner === undefined || from.includes(owner)) return owner
      return { orphan: owner, decision: decide(owner, [...from, orphan]) }
    })
    decided.set(orphan, decision)
    return decision
  }
  return orphans.map((orphan) => ({ ...orphan, decision: decide(orphan, [orphan]) }))
}

/** What is known of an object's owner. */
type OwnerFinding =
  | undefined
  | 'desired'
  | 'foreign'
  | Orphan
  | { readonly orphan: Orphan; readonly decision: PruneDecision }

function decideOne(
  { member, live }: Orphan,
  context: PruneContext,
  wantedUids: ReadonlyMap<string | undefined, Member>,
  ownerOf: (live: KubernetesObject) => OwnerFinding,
): PruneDecision {
  const { uid, resourceVersion, deletionTimestamp } = live?.metadata ?? {}
  if (live === undefined || uid === undefined || resourceVersion === undefined) return { action: 'gone' }
  const same = wantedUids.get(uid)
  if (same !== undefined) return keep('StillDesired', `it is the desired ${formatObject(same)} of ${same.apiVersion}`)
  if (deletionTimestamp !== undefined) {
    const finalizers = live.metadata.finalizers?.join(', ')
    const note = `it is being deleted${finalizers === undefined ? '' : ` and waits for ${finalizers}`}`
    return { ...keep('Deleting', note), remember: true }
  }
  const ours = hasOwnFields(live)
  if (member.uid !== undefined && member.uid !== uid) {
    const note = 'it was deleted and created again since this set wrote it'
    return { ...keep('Recreated', note, deleteByHand(member)), remember: ours }
  }
  const other = context.otherSetOf(member)
  if (other !== undefined) return keep('OtherSet', `it is a member of set ${other}`)
  const tracker = trackedBy(live)
  if (tracker !== undefined) return keep('TrackedElsewhere', `it is managed by ${tracker.owner}`)
  if (!ours) return keep('NotOurs', `no field of it belongs to ${FIELD_MANAGER}`, deleteByHand(member))
  const protection = protectionOf(live)
  if (protection !== undefined) {
    return { ...keep(protection.reason, protection.note, protection.remedy), remember: true }
  }
  return byOwner(live, uid, resourceVersion, ownerOf(live))
}

function byOwner(live: KubernetesObject, uid: string, resourceVersion: string, owner: OwnerFinding): PruneDecision {
  if (owner === 'foreign') {
    const { kind = '', name = '' } = controllerOf(live) ?? {}
    return keep('ControlledElsewhere', `it is controlled by ${kind} ${name}, which is not in this set`)
  }
  if (owner !== undefined && typeof owner === 'object' && 'decision' in owner && owner.decision.action === 'keep') {
    const note = `it is part of ${formatObject(owner.orphan.member)}, which stays`
    return { ...keep('OwnerKept', note, 'it goes when that goes'), remember: owner.decision.remember }
  }
  return { action: 'prune', uid, resourceVersion }
}

/** Finds the member of the set that an object belongs to. */
class Owners {
  readonly #byUid = new Map<string, Orphan | 'desired'>()
  readonly #byKey = new Map<string, Orphan | 'desired'>()

  constructor(orphans: readonly Orphan[], desired: readonly Member[]) {
    for (const orphan of orphans) this.#add(orphan.member, orphan.live?.metadata.uid, orphan)
    for (const member of desired) this.#add(member, member.uid, 'desired')
  }

  /** By its controller; without one by its labels, as Argo CD, Flux and an apply that was killed leave it. */
  of(live: KubernetesObject): Orphan | 'desired' | 'foreign' | undefined {
    const controller = controllerOf(live)
    if (controller === undefined) return this.#byLabels(live)
    const byUid = this.#byUid.get(controller.uid)
    if (byUid !== undefined) return byUid
    const { apiVersion, kind, name } = controller
    const { namespace } = live.metadata
    const candidates = [
      { apiVersion, kind, name },
      ...(namespace === undefined ? [] : [{ apiVersion, kind, name, namespace }]),
    ]
    // A namesake with another uid: the controller is gone, and its garbage is about to go.
    return (
      candidates.map((reference) => this.#byKey.get(memberKey(reference))).find((found) => found !== undefined) ??
      'foreign'
    )
  }

  #byLabels({ metadata: { labels, namespace } }: KubernetesObject): Orphan | 'desired' | undefined {
    const name = labels?.['app.kubernetes.io/instance']
    if (name === undefined || namespace === undefined) return undefined
    if (labels?.['app.kubernetes.io/managed-by'] !== 'cdk8s-database') return undefined
    return this.#byKey.get(memberKey({ apiVersion: API_VERSION, kind: KIND, namespace, name }))
  }

  #add(member: Member, liveUid: string | undefined, value: Orphan | 'desired'): void {
    for (const uid of [member.uid, liveUid]) if (uid !== undefined) this.#byUid.set(uid, value)
    this.#byKey.set(memberKey(member), value)
  }
}

/**
 * A set is never pruned down to nothing: no manifest at all is more often a wrong path than a wish.
 * @throws InputError
 */
export function refuseEmptySet(inventory: Inventory, desired: readonly ObjectReference[]): void {
  if (desired.length > 0 || inventory.members.length === 0) return
  const count = `${inventory.members.length} object${inventory.members.length === 1 ? '' : 's'}`
  throw new InputError(`there is no manifest, and --prune would delete all ${count} of set ${inventory.set}`, {
    where: `--set ${inventory.set}`,
    remedy: 'check -f; to delete everything on purpose, run cdk8s-database delete with the old manifests',
  })
}

/**
 * The question to ask before pruning more than half of a set; `undefined` where nobody needs to be asked.
 * @param inventory as it was before the run
 */
export function needsConfirmation(inventory: Inventory, planned: readonly PlannedPrune[]): string | undefined {
  const going = planned.filter(({ decision }) => decision.action === 'prune').length
  const total = inventory.members.length
  if (going * 2 <= total) return undefined
  return `--prune would delete ${going} of the ${total} objects of set ${inventory.set} (${Math.round((going * 100) / total)} %)`
}

/** Orphans that the set still knows after the run, apart from those whose deletion fails. */
export function rememberedOf(planned: readonly PlannedPrune[]): Member[] {
  return planned.flatMap(({ member, decision }) => (decision.action === 'keep' && decision.remember ? [member] : []))
}

function controllerOf(live: KubernetesObject): OwnerReference | undefined {
  return live.metadata.ownerReferences?.find(({ controller }) => controller === true)
}

/** Whether the server has it on record that we wrote the object: by an apply, or by the create of credentials. */
function hasOwnFields({ metadata: { managedFields = [] } }: KubernetesObject): boolean {
  return managedFields.some(({ manager, subresource = '' }) => manager === FIELD_MANAGER && subresource === '')
}

function keep(reason: KeepReason, note: string, remedy?: string): Extract<PruneDecision, { action: 'keep' }> {
  return { action: 'keep', reason, note, remember: false, ...(remedy === undefined ? {} : { remedy }) }
}
