import { remainingBackOffMs } from './back-off.ts'
import { blockedChildren } from './children.ts'
import { underCircuit } from './circuit.ts'
import { lostCredentials } from './credentials.ts'
import type { Decision } from './decision.ts'
import { deleting } from './deleting.ts'
import { afterFailure, newFailure, permanentFailure } from './failed.ts'
import type { Outcome } from './outcome.ts'
import { paused } from './paused.ts'
import { pending } from './pending.ts'
import { shownPhase } from './readiness.ts'
import { isReadyAtGeneration, verificationState } from './readiness.ts'
import { correctingDrift, ready } from './ready.ts'
import { STAGES } from './stages.ts'
import { statusOf } from './status.ts'
import { shownAsUpdating, specChanged } from './updating.ts'
import { growingVolumes } from './volumes.ts'
import type { World } from './world.ts'

/**
 * What follows from a World: the status to write, then the effects to perform, then when to look again.
 *
 * Pure: the same world gives the same decision, so after a kill at any moment the world is observed again and the same
 * function goes on from there. The phase is computed from what is observed; `status.phase` only tells whether Pending
 * was shown, whether the database was Ready, and whether a login was made in Verifying.
 *
 * Status to write is equal to the observed one where nothing is to be written.
 */
export function decide(world: World): Decision {
  const outcome = unshownOutcome(world)
  const shown = underCircuit(world, shownAsUpdating(world, outcome))
  const remainingMs = remainingBackOffMs(world)
  const { status } = world.database
  if (remainingMs > 0 && shown.effects.length > 0 && status !== undefined) {
    // The attempt is not due. What is observed meanwhile is shown by the outcomes that attempt nothing.
    return { status, effects: [], next: { type: 'after', delayMs: remainingMs, reason: 'BackOff' } }
  }
  if (status !== undefined && isRepeatedLogin(world, shown)) {
    // Ready stands while the login is repeated; only a login that fails changes anything.
    return { status, effects: shown.effects, next: shown.next }
  }
  return { status: statusOf(world, shown), effects: shown.effects, next: shown.next }
}

/** A login that is due again although nothing else is: a pod or the password is as young as the status. */
function isRepeatedLogin(world: World, outcome: Outcome): boolean {
  return outcome.phase === 'Verifying' && isReadyAtGeneration(world) && verificationState(world) === 'due'
}

function unshownOutcome(world: World): Outcome {
  const { database } = world
  if (database.metadata.deletionTimestamp !== undefined) return deleting()
  if (database.spec.paused === true) return paused(world)
  if (shownPhase(world) === undefined) return pending()
  const terminal = lostCredentials(world) ?? blockedChildren(world) ?? permanentFailure(world)
  if (terminal !== undefined) return terminal
  const outcome = usualOutcome(world)
  const failure = newFailure(world, outcome)
  return failure === undefined ? outcome : afterFailure(world, failure, outcome)
}

function usualOutcome(world: World): Outcome {
  const growth = growingVolumes(world)
  if (growth !== undefined) return growth
  const drift = correctingDrift(world)
  if (drift !== undefined) return drift
  for (const { phase, evaluate } of STAGES) {
    const outcome = evaluate(world)
    if (outcome === undefined) continue
    return phase === 'Verifying' ? (specChanged(world) ?? outcome) : outcome
  }
  return ready(world)
}
