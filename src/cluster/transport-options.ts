import type { Clock } from './clock.ts'
import type { RequestTarget } from './errors.ts'
import type { Fence } from './fence.ts'

/** A request that is about to be tried again. */
export interface RetryEvent {
  readonly target: RequestTarget
  /** Attempts made so far. */
  readonly attempts: number
  readonly waitMs: number
  readonly error: unknown
}

/** An attempt that was answered, or ended without an answer. */
export interface AttemptResult {
  readonly target: RequestTarget
  /** `GET`, `PATCH` … */
  readonly method: string
  /** Host and port of the server. */
  readonly host: string
  /** HTTP status; absent when no answer came. */
  readonly code?: number
}

/** How a transport behaves. */
export interface TransportOptions {
  /** Requests in flight at the same time; streams are not counted. @default 16 */
  readonly maxInFlight?: number
  /** See {@link ApiRequest.timeoutMs}. @default 30000 */
  readonly timeoutMs?: number
  /** See {@link ApiRequest.deadlineMs}. @default 60000 */
  readonly deadlineMs?: number
  /**
   * How long to go on trying to connect while the server has never answered, in milliseconds: a wrong address should
   * be told soon, a server that restarts should be waited for. @default 3000
   */
  readonly firstContactMs?: number
  /** Each `Warning` of the server, once. */
  readonly onWarning?: (text: string, target: RequestTarget) => void
  readonly onRetry?: (event: RetryEvent) => void
  /** Each attempt, streams included, when its answer or its failure is there. Must not throw. */
  readonly onAttempt?: (result: AttemptResult) => void
  /** Bounds writes, and ends everything with it. @default none: writes are always allowed */
  readonly fence?: Fence
  /** @default 'cdk8s-database' */
  readonly userAgent?: string
  readonly clock?: Clock
}
