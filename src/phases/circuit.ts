import type { Outcome } from './outcome.ts'
import { formatTimestamp, parseTimestamp } from './timestamp.ts'
import type { World } from './world.ts'

/** Reason of `Degraded` and `Progressing` while attempts are held back. */
export const CIRCUIT_OPEN = 'CircuitOpen'

/**
 * Effects whose outcome is in the hands of somebody else, and which therefore are held back when they fail too often:
 * logins and checks of dependencies.
 */
const ATTEMPTS: ReadonlySet<string> = new Set(['verify', 'check-dependencies'])

/** Whether an outcome makes such an attempt. */
export function isAttempt({ effects }: Pick<Outcome, 'effects'>): boolean {
  return effects.some(({ type }) => ATTEMPTS.has(type))
}

/**
 * An outcome under a circuit that is not closed: why so little happens is told beside the cause, and the next attempt is
 * announced for when it will be let through. The message is the same from the first to the last, so that each attempt is
 * one write.
 */
export function underCircuit(world: World, outcome: Outcome): Outcome {
  const { circuit, failure } = world
  const { next, retry } = outcome
  const hasFailed = next.type === 'after' && retry?.nextRetryTime !== undefined && failure === undefined
  if (circuit === undefined || !(isAttempt(outcome) || hasFailed)) return outcome
  const message =
    'More than 5 attempts in a row have failed: one is made each minute at most, until one succeeds or the spec changes.'
  const held = { ...outcome, held: { reason: CIRCUIT_OPEN, message } }
  if (!hasFailed || circuit.retryInMs <= next.delayMs) return held
  const nextRetryTime = formatTimestamp((parseTimestamp(world.now) ?? 0) + circuit.retryInMs)
  return { ...held, next: { ...next, delayMs: circuit.retryInMs }, retry: { ...retry, nextRetryTime } }
}
