import type { PlannedItem } from '../applier/planning/planned-item.ts'
import { impactOf, worstImpact } from '../plan/impact.ts'
import type { Impact } from '../plan/impact.ts'
import type { SurplusObservation } from '../phases/world.ts'

/** What a new spec does to what runs. Names fields, and no value of any. */
export interface SpecChange {
  /** The gravest of all; absent where the table does not know it. */
  readonly impact?: Impact
  /** `StatefulSet spec.template.spec.containers[name=postgres].image`, in the order of application. */
  readonly fields: readonly string[]
}

/** What applying planned children, and removing those that are no longer asked for, amounts to. */
export function specChangeOf(planned: readonly PlannedItem[], surplus: readonly SurplusObservation[]): SpecChange {
  const gone = surplus.map(({ reference: { kind, name } }) => `${kind} ${name} (gone)`)
  const changes = planned.flatMap(({ item, live, applied, verdict, differences }) =>
    verdict === 'create'
      ? [{ field: `${item.reference.kind} ${item.reference.name} (new)`, impact: 'none' as const }]
      : differences.map((difference) => ({
          field: `${item.reference.kind} ${difference.path}`,
          impact: impactOf(item.reference, difference, { before: live, after: applied })?.impact,
        })),
  )
  const impact = changes.length === 0 ? 'none' : worstImpact(changes.map((change) => change.impact))
  return { ...(impact === undefined ? {} : { impact }), fields: [...gone, ...changes.map(({ field }) => field)] }
}

/** So many fields are named; of more, how many there are. */
const NAMED_FIELDS = 5

/** One sentence of it, for people. */
export function describeSpecChange({ impact, fields }: SpecChange): string {
  if (fields.length === 0) return 'The spec has changed; no child differs.'
  const named = fields.slice(0, NAMED_FIELDS).join(', ')
  const rest = fields.length > NAMED_FIELDS ? ` and ${fields.length - NAMED_FIELDS} more` : ''
  return `The spec has changed; impact on the running database: ${impact ?? 'unknown'}. What differs: ${named}${rest}.`
}
