import type { Phase } from '../api/status.ts'
import { isGenerationObserved } from './back-off.ts'
import { progressing } from './outcome.ts'
import type { Outcome } from './outcome.ts'
import { wasReady } from './readiness.ts'
import type { World } from './world.ts'

const SHOWN_AS_UPDATING: ReadonlySet<Phase> = new Set(['Provisioning', 'Configuring', 'Deploying'])

/** Shows the middle of the walk as Updating for a database that was Ready: clients already depend on it. */
export function shownAsUpdating(world: World, outcome: Outcome): Outcome {
  return wasReady(world) && SHOWN_AS_UPDATING.has(outcome.phase) ? { ...outcome, phase: 'Updating' } : outcome
}

/**
 * A new spec of a Ready database is shown as Updating once, even where no child differs: a Ready that stood through it
 * would be about another spec.
 */
export function specChanged(world: World): Outcome | undefined {
  if (world.database.status?.phase !== 'Ready' || isGenerationObserved(world)) return undefined
  const cause = { reason: 'SpecChanged', message: 'The spec has changed; what follows from it is being looked at.' }
  return progressing('Updating', cause, { type: 'now' })
}
