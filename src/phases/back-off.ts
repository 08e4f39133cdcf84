import type { Retry } from './outcome.ts'
import { formatTimestamp, parseTimestamp } from './timestamp.ts'
import type { World } from './world.ts'

/** Longest pause between two attempts. */
export const LONGEST_BACK_OFF_MS = 300_000

/** First pause after a failure that is known to pass. */
export const TRANSIENT_BACK_OFF_MS = 5000

/** First pause after a failure of an unknown kind. */
export const UNKNOWN_BACK_OFF_MS = 60_000

/** Pause between two checks of what the database depends on; constant, for it is somebody else who is at work. */
export const DEPENDENCY_BACK_OFF_MS = 30_000

/**
 * The pause after the n-th failure in a row, in milliseconds: doubled each time, capped. There is no jitter in it; the
 * caller may add some.
 */
export function backOffMs(firstMs: number, failures: number): number {
  return Math.min(firstMs * 2 ** Math.min(Math.max(failures - 1, 0), 30), LONGEST_BACK_OFF_MS)
}

/** `metadata.generation`; a resource that was never stored counts as its first. */
export function generationOf({ database }: World): number {
  return database.metadata.generation ?? 1
}

/** Whether the status speaks of the spec as it is now. */
export function isGenerationObserved(world: World): boolean {
  return world.database.status?.observedGeneration === generationOf(world)
}

/** The retry state in the status; none where it belongs to an earlier generation. */
export function recordedRetry(world: World): Retry | undefined {
  const status = world.database.status
  if (!isGenerationObserved(world) || status?.retries === undefined || status.retries === 0) return undefined
  const { retries, nextRetryTime } = status
  return { retries, ...(nextRetryTime === undefined ? {} : { nextRetryTime }) }
}

/** The retry state after one more failure: `delayMs` is given the number of failures in a row. */
export function nextRetry(world: World, delayMs: (failures: number) => number): Retry & { readonly delayMs: number } {
  const retries = (recordedRetry(world)?.retries ?? 0) + 1
  const delay = delayMs(retries)
  return { retries, nextRetryTime: formatTimestamp((parseTimestamp(world.now) ?? 0) + delay), delayMs: delay }
}

/**
 * Milliseconds until the next attempt; 0 where none is held back. It is computed from the status, so a pass that the
 * status write itself triggers does not get past it.
 */
export function remainingBackOffMs(world: World): number {
  if (world.retryRequested === true) return 0
  const { dueMs, nowMs } = clockOf(world)
  return dueMs === undefined ? 0 : Math.max(dueMs - nowMs, 0)
}

/** Whether the status counts what happened at that moment already: the attempt that it announces is a later one. */
export function isCounted(world: World, at: string): boolean {
  const { dueMs, nowMs } = clockOf(world)
  const momentMs = parseTimestamp(at)
  // A moment that lies ahead was told by a clock that was set back since.
  return dueMs !== undefined && momentMs !== undefined && Math.min(momentMs, nowMs) < dueMs
}

function clockOf(world: World): { readonly nowMs: number; readonly dueMs: number | undefined } {
  const nowMs = parseTimestamp(world.now) ?? 0
  const dueMs = parseTimestamp(recordedRetry(world)?.nextRetryTime)
  // No pause is that long: another machine wrote it, with another time of day.
  return { nowMs, dueMs: dueMs !== undefined && dueMs - nowMs > LONGEST_BACK_OFF_MS ? undefined : dueMs }
}
