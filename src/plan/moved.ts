import type { ManagedFieldsEntry } from '../api/object.ts'
import type { Action } from './planned-change.ts'
import type { StoredChange } from './stored-plan.ts'

/** An object as it is planned now. */
export interface PresentChange {
  readonly action: Action
  readonly uid?: string | undefined
  readonly resourceVersion?: string | undefined
  readonly intent: string
  readonly content?: string | undefined
  readonly managedFields?: readonly ManagedFieldsEntry[] | undefined
}

/**
 * What moved of an object since a plan was made, in words; `undefined` where it may be applied as it was reviewed.
 *
 * A status that was written since is no change: content is compared, not the resourceVersion, wherever content is known.
 * @param reviewed the object's line in the plan; `undefined` where it has none
 * @param since when the plan was made, RFC 3339
 */
export function whatMoved(reviewed: StoredChange | undefined, now: PresentChange, since: string): string | undefined {
  if (reviewed === undefined) return 'it does not stand in the plan'
  if (reviewed.intent !== undefined && reviewed.intent !== now.intent) return 'its manifest changed'
  // Somebody made it what it should be, or it was so all along.
  if (now.action === 'unchanged') return undefined
  if (reviewed.uid === undefined && now.uid !== undefined) return `it was created${by(now, since)}`
  if (reviewed.uid !== undefined && now.uid === undefined) return 'it was deleted'
  if (reviewed.uid !== now.uid) return `it was deleted and created again${by(now, since)}`
  if (reviewed.action !== now.action)
    return `the plan says ${reviewed.action}, it would be ${now.action} now${by(now, since)}`
  return isSameState(reviewed, now) ? undefined : `it was changed${by(now, since)}`
}

function isSameState(reviewed: StoredChange, now: PresentChange): boolean {
  if (reviewed.content === undefined || now.content === undefined)
    return reviewed.resourceVersion === now.resourceVersion
  return reviewed.content === now.content
}

/** ` by kubectl-edit (Update, 2026-11-21T12:00:00Z)`: whoever wrote something other than status since. */
function by({ managedFields = [] }: PresentChange, since: string): string {
  const writers = managedFields
    .filter(({ subresource, time }) => (subresource ?? '') === '' && time !== undefined && time >= toSecond(since))
    .map(({ manager, operation, time }) => `${manager ?? 'somebody'} (${operation ?? ''}, ${time ?? ''})`)
  return writers.length === 0 ? '' : ` by ${writers.join(', ')}`
}

/** The server writes times to the second. */
function toSecond(time: string): string {
  return `${time.slice(0, 19)}Z`
}
