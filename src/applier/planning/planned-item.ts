import type { KubernetesObject } from '../../api/object.ts'
import type { LocatedDifference } from '../../plan/difference.ts'
import type { LocatedConflict } from '../../plan/field-conflict.ts'
import type { Action, Proof } from '../../plan/planned-change.ts'
import type { Succession } from '../../plan/succession.ts'
import type { Tracker } from '../../plan/tracking.ts'
import type { ApplyItem } from '../set/apply-set.ts'
import type { Refusal } from './failure.ts'
import type { Owner } from '../set/ownership.ts'

/** What applying one object would do. */
export interface PlannedItem {
  readonly item: ApplyItem
  /** What is sent: the manifest, with the owner reference where the owner exists already. */
  readonly body: KubernetesObject
  /** The live object; of an unchanged child only what identifies it, its labels and its status. */
  readonly live: KubernetesObject | undefined
  readonly verdict: Exclude<Action, 'delete' | 'keep'>
  readonly proof: Proof
  /** What the server says it would be; present for `update`. */
  readonly applied?: KubernetesObject
  readonly differences: readonly LocatedDifference[]
  /** Why not, for `conflict`, `refused` and `foreign`. */
  readonly refusal?: Refusal
  /** What is worth telling beside it. */
  readonly note?: string
  /** Fields that others own with other values: in the way of a `conflict`, taken by an `update`. */
  readonly conflicts?: readonly LocatedConflict[]
  /** Whose place is taken before the object is applied. */
  readonly succession?: Succession
  /** Whether it is somebody else's until then, and who keeps it, where somebody does. */
  readonly takesOver?: boolean
  readonly takesOverFrom?: Tracker
  /** Whether it is replaced because a person allows it, and not only because its volume grows. */
  readonly isRecreated?: boolean
}

/** What is to be judged: an object, and whose child it is. */
export interface Subject {
  readonly item: ApplyItem
  readonly body: KubernetesObject
  /** The Database whose child this is; absent for objects that belong to none. */
  readonly owner?: Owner
}

/** The plan to create an object about which nobody was asked. */
export function unasked({ item, body }: Subject, proof: Proof): PlannedItem {
  return { item, body, live: undefined, verdict: 'create', proof, differences: [] }
}
