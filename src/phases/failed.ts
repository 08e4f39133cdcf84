import type { Phase } from '../api/status.ts'
import {
  backOffMs,
  generationOf,
  isCounted,
  nextRetry,
  recordedRetry,
  TRANSIENT_BACK_OFF_MS,
  UNKNOWN_BACK_OFF_MS,
} from './back-off.ts'
import { findCondition } from './conditions.ts'
import { stalled, troubled } from './outcome.ts'
import type { Outcome } from './outcome.ts'
import type { FailureObservation, World } from './world.ts'

/**
 * A permanent failure that the status remembers: no attempt at this generation can end otherwise. It is told from what
 * stalls by observation (and is observed anew in each pass) by a count without a time for the next attempt.
 */
export function permanentFailure(world: World): Outcome | undefined {
  const retry = recordedRetry(world)
  const condition = findCondition(world.database.status?.conditions, 'Stalled')
  if (condition?.status !== 'True' || condition.observedGeneration !== generationOf(world)) return undefined
  if (retry === undefined || retry.nextRetryTime !== undefined || world.retryRequested === true) return undefined
  const { reason, message } = condition
  return { ...stalled({ reason, message }), retry }
}

/**
 * The failure that this pass must count; none where the status has counted it, where it was about another spec, and
 * where nothing is left to attempt (the answer to a write that succeeded may be what was lost).
 */
export function newFailure(world: World, outcome: Outcome): FailureObservation | undefined {
  const { failure } = world
  if (outcome.effects.length === 0) return undefined
  if (failure === undefined || failure.generation !== generationOf(world)) return undefined
  return isCounted(world, failure.at) ? undefined : failure
}

/**
 * What follows from a failure, by its class. `outcome` is what would be done without it: a transient failure leaves the
 * phase where it is.
 */
export function afterFailure(world: World, failure: FailureObservation, outcome: Outcome): Outcome {
  const cause = { reason: failure.reason, message: failure.message }
  if (failure.class === 'permanent') {
    const { retries } = nextRetry(world, () => 0)
    return { ...stalled(cause), retry: { retries } }
  }
  const isKnownToPass = failure.class === 'transient'
  const firstMs = isKnownToPass ? TRANSIENT_BACK_OFF_MS : UNKNOWN_BACK_OFF_MS
  const { delayMs, ...retry } = nextRetry(world, (failures) => backOffMs(firstMs, failures))
  const phase = isKnownToPass ? phaseOfAttempt(outcome) : 'Failed'
  return { ...troubled(phase, cause, { type: 'after', delayMs, reason: cause.reason }), retry }
}

/** Ready is the phase of an attempt to correct drift, which has just failed: the database is being updated. */
function phaseOfAttempt({ phase }: Outcome): Phase {
  return phase === 'Ready' ? 'Updating' : phase
}
