import { CREDENTIALS_FIELD_MANAGER, FIELD_MANAGER, STATUS_FIELD_MANAGER } from '../api/group.ts'
import type { FieldOwner } from '../plan/field-owners.ts'
import type { FieldChange } from '../plan/planned-change.ts'
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
      ...(others.length === 0 ? [] : [`(owned by ${others.map((owner) => formatOwner(owner, now)).join('; ')})`]),
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

/** `kubectl-edit, Update, 3 min ago`. */
export function formatOwner({ manager, operation, subresource, time }: FieldOwner, now: number): string {
  return [
    manager,
    subresource === undefined ? operation : `${operation} of ${subresource}`,
    ...(time === undefined ? [] : [formatAge(time, now)]),
  ].join(', ')
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
