import { ApiError, ConnectionError, RequestTimeoutError } from './errors.ts'
import { isTrustProblem } from './error-guards.ts'

/** Growing waits between attempts. */
export interface Backoff {
  /** Wait before the second attempt, in milliseconds. */
  readonly initialMs: number
  /** Longest wait, in milliseconds. */
  readonly maxMs: number
  /** Share of a wait that is random, 0 to 1, so that many clients do not come back in the same instant. */
  readonly jitter: number
}

/** Waits between the attempts of one request. */
export const requestBackoff: Backoff = { initialMs: 200, maxMs: 10_000, jitter: 0.5 }

/**
 * Wait before attempt `attempt + 1`, in milliseconds: doubles from `initialMs` to `maxMs`, and up to `jitter` of it is
 * taken off at random.
 *
 * @param attempt - number of attempts that failed so far, from 1
 * @param random - value in [0, 1)
 */
export function backoffDelay(backoff: Backoff, attempt: number, random: number): number {
  const full = Math.min(backoff.maxMs, backoff.initialMs * 2 ** Math.min(attempt - 1, 30))
  return Math.round(full * (1 - backoff.jitter * random))
}

/**
 * Milliseconds of a `Retry-After` header: seconds or an HTTP date. `undefined` for anything else — absent, negative,
 * garbage, a date gone by — so that the caller uses its own back-off.
 *
 * @param nowMs - current time, epoch milliseconds
 * @see https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
 */
export function parseRetryAfter(header: string | undefined, nowMs: number): number | undefined {
  const text = header?.trim()
  if (text === undefined) return undefined
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000
  // Date.parse accepts much that is no HTTP date ("-5", "1.5"); a date starts with the day's name.
  if (!/^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? /.test(text)) return undefined
  const date = Date.parse(text)
  return Number.isNaN(date) || date <= nowMs ? undefined : date - nowMs
}

/**
 * What may be sent a second time.
 * - `idempotent`: the same request twice ends where once would have ended (reads, apply, delete by uid).
 * - `create`: only when it is certain that the first was not executed.
 * - `never`: the caller repeats, if anybody.
 */
export type RetrySafety = 'idempotent' | 'create' | 'never'

const passingCodes: ReadonlySet<number> = new Set([500, 502, 503, 504])

/**
 * Whether the same request may be sent again after this error.
 *
 * A 429 means "not executed" for every verb. A 5xx, a reset or a timeout leaves the outcome unknown.
 * @see https://kubernetes.io/docs/concepts/cluster-administration/flow-control/
 */
export function mayRetry(error: unknown, safety: RetrySafety): boolean {
  if (safety === 'never') return false
  if (error instanceof ApiError) {
    return error.code === 429 || (safety === 'idempotent' && passingCodes.has(error.code))
  }
  if (error instanceof ConnectionError) {
    return !isTrustProblem(error) && (safety === 'idempotent' || error.outcome === 'not-executed')
  }
  return error instanceof RequestTimeoutError && safety === 'idempotent'
}
