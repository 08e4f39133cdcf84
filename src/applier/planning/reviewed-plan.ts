import { EXIT } from '../../api/exit-code.ts'
import { formatObject, formatReference } from '../../api/object.ts'
import type { ObjectReference } from '../../api/object.ts'
import { whatMoved } from '../../plan/moved.ts'
import type { PlannedPrune } from '../../plan/prune.ts'
import type { StoredChange, StoredPlan } from '../../plan/stored-plan.ts'
import type { Refusal } from './failure.ts'
import { contentHash, intentHash } from './object-hash.ts'
import type { PlannedSet } from './planned-set.ts'
import type { PlannedItem } from './planned-item.ts'

/** A plan that was made, and perhaps reviewed, earlier. Only what it says is done, and only where nothing moved. */
export class ReviewedPlan {
  readonly #createdAt: string
  readonly #file: string
  readonly #changes: ReadonlyMap<string, StoredChange>

  /** @param file its name, for people */
  constructor({ createdAt, changes }: StoredPlan, file: string) {
    this.#createdAt = createdAt
    this.#file = file
    this.#changes = new Map(changes.map((change) => [formatReference(change.object), change]))
  }

  /** The plan as it is now, with every object that moved since held back. */
  holdBack({ others, databases }: PlannedSet): PlannedSet {
    return {
      others: others.map((planned) => this.#checked(planned)),
      databases: databases.map((database) => ({
        ...database,
        resource: this.#checked(database.resource),
        children: database.children.map((child) => this.#checked(child)),
        claims: database.claims.map((claim) => this.#checked(claim)),
        surplus: this.holdBackPrunes(database.surplus),
      })),
    }
  }

  /** Deletions that the plan does not announce, or that are about another object of that name, are not made. */
  holdBackPrunes(prunes: readonly PlannedPrune[]): readonly PlannedPrune[] {
    return prunes.filter(({ member, live, decision }) => {
      if (decision.action !== 'prune') return true
      const reviewed = this.#changes.get(formatReference(member))
      return reviewed?.action === 'delete' && reviewed.uid === live?.metadata.uid
    })
  }

  #checked(planned: PlannedItem): PlannedItem {
    const { item, body, live, verdict, refusal } = planned
    const reviewed = this.#changes.get(formatReference(item.reference))
    // Refused when it was reviewed, and refused still: that is what is wrong with it.
    if (refusal !== undefined && reviewed?.action === verdict) return planned
    const moved = whatMoved(
      reviewed,
      {
        action: verdict,
        uid: live?.metadata.uid,
        resourceVersion: live?.metadata.resourceVersion,
        intent: intentHash(item, body),
        content: live === undefined || verdict === 'unchanged' ? undefined : contentHash(live),
        managedFields: live?.metadata.managedFields,
      },
      this.#createdAt,
    )
    return moved === undefined ? planned : { ...planned, verdict: 'conflict', refusal: this.#refusal(item, moved) }
  }

  #refusal({ reference }: { readonly reference: ObjectReference }, moved: string): Refusal {
    return {
      conflict: true,
      reason: 'MovedSincePlan',
      message: `${formatObject(reference)} is not what was reviewed: ${moved}`,
      remedy: `look at it and make the plan again: diff --out ${this.#file}`,
      exitCode: EXIT.conflict,
    }
  }
}

/** Whether an object is held back because it moved, which holds up nothing but itself. */
export function isHeldBack({ refusal }: PlannedItem): boolean {
  return refusal?.reason === 'MovedSincePlan'
}
