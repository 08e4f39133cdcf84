import { memberOf } from './inventory.ts'
import type { PlannedChange } from './planned-change.ts'
import type { PlannedPrune, PruneDecision } from './prune.ts'

/**
 * Decisions about orphans for people: what goes, what stays and why. What is gone already is not worth a line.
 * @param because why an object goes
 */
export function pruneChanges(
  planned: readonly PlannedPrune[],
  because: (planned: PlannedPrune) => string,
): PlannedChange[] {
  return planned.flatMap((prune): PlannedChange[] => {
    const { member, live, decision } = prune
    if (decision.action === 'gone') return []
    const { uid, resourceVersion } = live?.metadata ?? {}
    return [
      {
        object: memberOf(member),
        action: decision.action === 'prune' ? 'delete' : 'keep',
        proof: 'observation',
        differences: [],
        note: decision.action === 'prune' ? because(prune) : noteOf(decision),
        ...(uid === undefined ? {} : { uid }),
        ...(resourceVersion === undefined ? {} : { resourceVersion }),
      },
    ]
  })
}

function noteOf({ note, remedy }: Extract<PruneDecision, { action: 'keep' }>): string {
  return remedy === undefined ? note : `${note}; ${remedy}`
}
