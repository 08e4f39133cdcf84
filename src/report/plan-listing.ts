import { formatObject } from '../api/object.ts'
import type { Action, PlannedChange } from '../plan/planned-change.ts'
import { ACTIONS, SYMBOLS, isChanged } from './actions.ts'
import { formatFields } from './difference-lines.ts'
import { formatNumber } from './figures.ts'
import type { Output } from './output.ts'
import { printable, printableLine } from './printable.ts'

/** A plan with more changed objects than this is told by kind, unless every object is asked for. */
export const LISTED_OBJECTS = 200

/** In a plan that is told by kind, actions on no more objects than this are still told one by one. */
const LISTED_PER_ACTION = 20

/** How a plan is listed. */
export interface ListingOptions {
  /** Every object, however many, with every field that changes. */
  readonly everything: boolean
  /** Milliseconds since the epoch, for the age of other people's changes. */
  readonly now: number
}

/** The lines of a plan without its count. What is unchanged has none. */
export function formatListing(
  changes: readonly PlannedChange[],
  style: Output['dataStyle'],
  { everything, now }: ListingOptions,
): string[] {
  const changed = changes.filter(isChanged)
  const lines = (change: PlannedChange): string[] => formatChange(change, style, everything, now)
  if (everything || changed.length <= LISTED_OBJECTS) return changed.flatMap(lines)
  const byAction = Map.groupBy(changed, ({ action }) => action)
  return [
    ...ACTIONS.flatMap((action) => {
      const chosen = byAction.get(action) ?? []
      return chosen.length <= LISTED_PER_ACTION ? chosen.flatMap(lines) : [formatKinds(action, chosen, style)]
    }),
    '  (--diff or -v lists every object)',
  ]
}

function formatChange(change: PlannedChange, style: Output['dataStyle'], everything: boolean, now: number): string[] {
  const { action, object, source, impact, note } = change
  const line = [
    `  ${formatMark(action, style)} ${action.padEnd(9)} ${formatObject(object)}`,
    ...(impact === undefined || impact === 'none' ? [] : [style('yellow', impact)]),
    ...(source === undefined ? [] : [style('dim', source)]),
    ...(note === undefined ? [] : [printableLine(note)]),
  ].join('  ')
  const showsFields = everything || action === 'update' || action === 'replace' || action === 'conflict'
  const fields = showsFields ? formatFields(change, now) : []
  return [line, ...fields.map((field) => `      ${printable(field)}`)]
}

/** `+ create    8,000 objects: 1,000 Database, 2,000 Service`. */
function formatKinds(action: Action, changes: readonly PlannedChange[], style: Output['dataStyle']): string {
  const kinds = [...Map.groupBy(changes, ({ object }) => object.kind)]
    .map(([kind, members]) => `${formatNumber(members.length)} ${kind}`)
    .join(', ')
  return `  ${formatMark(action, style)} ${action.padEnd(9)} ${formatNumber(changes.length)} objects: ${kinds}`
}

/** The symbol of an action in its colour. */
export function formatMark(action: Action, style: Output['style']): string {
  const { symbol, style: colour } = SYMBOLS[action]
  return style(colour, symbol)
}
