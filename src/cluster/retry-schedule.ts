import type { Clock } from './clock.ts'
import { ApiError, ConnectionError, RequestTimeoutError, formatTarget } from './errors.ts'
import type { RequestTarget } from './errors.ts'
import { backoffDelay, mayRetry, requestBackoff } from './retry.ts'
import type { RetrySafety } from './retry.ts'

/** An internal error that repeats is a bug or a broken webhook, not a restart; its message is worth more than waiting. */
const maxInternalErrors = 5

/**
 * A 500 without a reason is how the API server reports what it has no word for: most often an applied object that does
 * not fit its schema, seldom a hiccup of etcd. One repetition tells which.
 */
const maxNamelessErrors = 2

/** Share of a wait that the server asked for by which it may get longer. */
const SPREAD = 0.25

/** What bounds the attempts of one request. */
export interface RetryBounds {
  readonly target: RequestTarget
  readonly safety: RetrySafety
  /** All attempts and waits, in milliseconds. */
  readonly deadlineMs: number
  /** The same, as long as the server has never answered anybody. */
  readonly firstContactMs: number
}

/** The attempts of one request: whether there is another one, and when. */
export class RetrySchedule {
  attempts = 0
  readonly #clock: Clock
  readonly #bounds: RetryBounds
  #startedAt: number | undefined
  #internalErrors = 0

  constructor(clock: Clock, bounds: RetryBounds) {
    this.#clock = clock
    this.#bounds = bounds
  }

  /**
   * Begins an attempt. The time runs from the first one, not from when the request was queued.
   *
   * @returns milliseconds that are left for it, at least 1
   */
  begin(): number {
    this.attempts += 1
    this.#startedAt ??= this.#clock.now()
    return Math.max(1, this.#startedAt + this.#bounds.deadlineMs - this.#clock.now())
  }

  /**
   * Decides after a failed attempt.
   *
   * @param answered - whether the server has ever answered
   * @returns milliseconds to wait before the next attempt
   * @throws what to report when there is none: `error` itself, or that the server wants a longer wait than there is time
   */
  next(error: unknown, answered: boolean): number {
    if (!mayRetry(error, this.#bounds.safety)) throw error
    if (error instanceof ApiError && error.code === 500) {
      this.#internalErrors += 1
      if (this.#internalErrors >= (error.reason === undefined ? maxNamelessErrors : maxInternalErrors)) throw error
    }
    const asked = error instanceof ApiError ? (error.retryAfterMs ?? 0) : 0
    // Everybody was asked to wait as long: those who come back at the same moment are turned away again.
    const spread = asked * SPREAD * this.#clock.random()
    const waitMs = Math.max(
      Math.round(asked + spread),
      backoffDelay(requestBackoff, this.attempts, this.#clock.random()),
    )
    const unreached = !answered && error instanceof ConnectionError && error.outcome === 'not-executed'
    const limitMs = unreached ? this.#bounds.firstContactMs : this.#bounds.deadlineMs
    const leftMs = Math.max(0, (this.#startedAt ?? 0) + limitMs - this.#clock.now())
    if (waitMs < leftMs) return waitMs
    throw asked > leftMs ? this.#tooLong(error, asked, leftMs) : error
  }

  #tooLong(error: unknown, askedMs: number, leftMs: number): RequestTimeoutError {
    const { target, deadlineMs } = this.#bounds
    const asked = `the server asks to wait ${Math.ceil(askedMs / 1000)} s`
    const left = `${Math.floor(leftMs / 1000)} s are left`
    const outcome = error instanceof ApiError && error.code === 429 ? 'not-executed' : 'unknown'
    return new RequestTimeoutError(
      `${formatTarget(target)}: ${asked}, ${left}: not waiting`,
      { target, timeoutMs: deadlineMs, outcome },
      { cause: error },
    )
  }
}
