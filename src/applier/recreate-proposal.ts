import { formatObject } from '../api/object.ts'
import type { Proposal } from './consent.ts'
import type { PlannedItem } from './planning/planned-item.ts'

/** So many objects are named in a question. */
const NAMED = 3

/**
 * What `--recreate` means, where anything is deleted and created again because of it. A volume that grows is no such
 * case, nor what is taken over, which has a question of its own.
 */
export function recreateProposal(items: readonly PlannedItem[]): Proposal | undefined {
  const recreated = items.filter(({ isRecreated }) => isRecreated === true)
  if (recreated.length === 0) return undefined
  const named = recreated.slice(0, NAMED).map(({ item }) => formatObject(item.reference))
  const more = recreated.length > NAMED ? ` and ${recreated.length - NAMED} more` : ''
  return { flag: '--recreate', effect: `deletes ${named.join(', ')}${more} and creates the same again` }
}
