import { CREDENTIALS_FIELD_MANAGER, FIELD_MANAGER, STATUS_FIELD_MANAGER } from '../api/group.ts'
import type { FieldConflict } from '../plan/field-conflict.ts'
import type { FieldOwner } from '../plan/field-owners.ts'
import type { FieldChange, PlannedChange } from '../plan/planned-change.ts'
import { formatAge } from './figures.ts'

/** Names under which we own fields: no news to anybody. */
const OURS: ReadonlySet<string> = new Set([FIELD_MANAGER, CREDENTIALS_FIELD_MANAGER, STATUS_FIELD_MANAGER])

/** How long a value may get on one line of a difference. */
const VALUE_LENGTH = 160

/**
 * The lines of each field that changes: its path, what it does to the database, whose it is, what stands there, what
 * will. Of long texts only the lines that differ.
 * @param now milliseconds since the epoch, for the age of somebody else's change
 */
export function formatDifferences(found: readonly FieldChange[], now: number): string[] {
  return found.flatMap(({ path, before, after, owners, impact }) => {
    const others = owners.filter(({ manager }) => !OURS.has(manager))
    const title = [
      path,
      ...(impact === undefined || impact === 'none' ? [] : [impact]),
      ...(others.length === 0 ? [] : [`(owned by ${formatOwners({ owners: others }, now)})`]),
    ].join('  ')
    const texts = isText(before) && isText(after) ? changedLines(before, after) : undefined
    if (texts !== undefined)
      return [title, ...texts.removed.map((line) => `  - ${line}`), ...texts.added.map((line) => `  + ${line}`)]
    return [
      title,
      ...(before === undefined ? [] : [`  - ${formatValue(before)}`]),
      ...(after === undefined ? [] : [`  + ${formatValue(after)}`]),
    ]
  })
}

/**
 * The lines of everything that a change says about fields: what changes, what is in the way, what is taken from whom.
 * @param now milliseconds since the epoch, for the age of somebody else's change
 */
export function formatFields({ action, differences, conflicts = [] }: PlannedChange, now: number): string[] {
  return [
    ...formatDifferences(differences, now),
    ...conflicts.map((conflict) =>
      action === 'conflict'
        ? formatConflict(conflict, now)
        : `takes ${conflict.path} from ${formatOwners(conflict, now)}`,
    ),
  ]
}

/** `spec.replicas  2 live (owned by kubectl-edit, Update, 3 min ago)  1 in the manifest`. */
function formatConflict(conflict: FieldConflict, now: number): string {
  const { path, ours, live } = conflict
  const value = (side: unknown): string => (side === undefined ? 'nothing' : formatValue(side))
  return `${path}  ${value(live)} live (owned by ${formatOwners(conflict, now)})  ${value(ours)} in the manifest`
}

const formatOwners = ({ owners }: Pick<FieldConflict, 'owners'>, now: number): string =>
  owners.map((owner) => formatOwner(owner, now)).join('; ')

/** `kubectl-edit, Update, 3 min ago`. */
export function formatOwner({ manager, operation, subresource, time }: FieldOwner, now: number): string {
  return [
    manager,
    subresource === undefined ? operation : `${operation} of ${subresource}`,
    time === undefined ? '' : formatAge(time, now),
  ]
    .filter((part) => part !== '')
    .join(', ')
}

const isText = (value: unknown): value is string => typeof value === 'string' && value.includes('\n')

/** The lines between what two texts have in common at their beginning and at their end. */
function changedLines(before: string, after: string): { removed: string[]; added: string[] } {
  const [left, right] = [before.split('\n'), after.split('\n')]
  let head = 0
  while (head < left.length && head < right.length && left[head] === right[head]) head += 1
  let tail = 0
  while (tail < left.length - head && tail < right.length - head && left.at(-1 - tail) === right.at(-1 - tail))
    tail += 1
  return { removed: left.slice(head, left.length - tail), added: right.slice(head, right.length - tail) }
}

function formatValue(value: unknown): string {
  const text = typeof value === 'string' && !value.includes('\n') ? value : JSON.stringify(value)
  return text.length > VALUE_LENGTH ? `${text.slice(0, VALUE_LENGTH)}… (${text.length} characters)` : text
}
