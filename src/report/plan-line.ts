import { worstImpact } from '../plan/impact.ts'
import type { Action, PlannedChange } from '../plan/planned-change.ts'
import { formatNumber } from './figures.ts'

/** Actions that everybody looks for, also where there is none; and those that are told where they occur. */
const USUAL: readonly Action[] = ['create', 'update', 'delete', 'unchanged']
const RARE: readonly Action[] = ['replace', 'keep', 'conflict', 'refused', 'foreign']

/**
 * `9 create, 0 update, 0 delete, 0 unchanged · impact restart`. Says too how many the server has not judged, and what
 * the gravest change does to a running database.
 */
export function formatPlan(changes: readonly PlannedChange[]): string {
  const byAction = Map.groupBy(changes, ({ action }) => action)
  const counts = [...USUAL, ...RARE]
    .filter((action) => USUAL.includes(action) || byAction.has(action))
    .map((action) => {
      const chosen = byAction.get(action) ?? []
      return `${formatNumber(chosen.length)} ${action}${formatProof(chosen)}`
    })
  const impact = worstImpact(changes.flatMap((change) => change.impact ?? []))
  return counts.join(', ') + (impact === undefined || impact === 'none' ? '' : ` · impact ${impact}`)
}

/** How much of a verdict rests on something else than an answer of the server. */
function formatProof(changes: readonly PlannedChange[]): string {
  const numberOf = (proof: PlannedChange['proof']): number => changes.filter((change) => change.proof === proof).length
  const [sampled, bySchema, unasked] = [numberOf('sample'), numberOf('schema'), numberOf('none')]
  // A Secret whose password is still to be made is nothing to ask about.
  const asked = numberOf('dry-run')
  const alike = bySchema + unasked === 0 ? 'the rest is alike' : `${formatNumber(sampled)} alike`
  const parts = [
    ...(sampled > 0 ? [`${formatNumber(asked)} asked, ${alike}`] : []),
    ...(bySchema > 0
      ? [`${formatNumber(bySchema)} checked against the schema only: ${its(bySchema)} definition is still to come`]
      : []),
    ...(unasked > 0
      ? [`${formatNumber(unasked)} not checked: ${its(unasked)} namespace or Role is still to come`]
      : []),
  ]
  return parts.length === 0 ? '' : ` (${parts.join('; ')})`
}

const its = (count: number): string => (count === 1 ? 'its' : 'their')
