import type { Condition, Phase } from '../api/status.ts'
import type { Effect, Next } from './decision.ts'

/** Why something is as it is: one CamelCase word for programs, a sentence for people. */
export interface Cause {
  readonly reason: string
  readonly message: string
}

/** How often it failed since the last success, and when the next attempt is due. */
export interface Retry {
  readonly retries: number
  /** RFC 3339; absent where no attempt is due by itself. */
  readonly nextRetryTime?: string
}

/** What one phase makes of a World; the status is composed from it in one place. */
export interface Outcome {
  readonly phase: Phase
  /** The judgement of condition `Ready`, with its cause. */
  readonly ready: Condition['status']
  readonly cause: Cause
  /**
   * `progressing`: it goes on by itself. `complete`: nothing is left to do. `stalled`: a person must act.
   * `paused`: a person asked to leave it alone.
   */
  readonly progress: 'progressing' | 'complete' | 'stalled' | 'paused'
  /** Whether the cause is an abnormality (condition `Degraded`) rather than the usual course. */
  readonly isAbnormal: boolean
  /** The retry state where this outcome sets one itself; else it is carried or dropped by the general rule. */
  readonly retry?: Retry
  /** Why it goes on more slowly than it could, which is told beside the cause. */
  readonly held?: Cause
  readonly effects: readonly Effect[]
  readonly next: Next
}

/** A phase of the usual course: not ready, nothing abnormal, goes on by itself. */
export function progressing(phase: Phase, cause: Cause, next: Next, effects: readonly Effect[] = []): Outcome {
  return { phase, ready: 'False', cause, progress: 'progressing', isAbnormal: false, effects, next }
}

/** A phase that something abnormal holds up, which goes on by itself once that is gone. */
export function troubled(phase: Phase, cause: Cause, next: Next, effects: readonly Effect[] = []): Outcome {
  return { ...progressing(phase, cause, next, effects), isAbnormal: true }
}

/** Nothing can go on until a person acts: phase Failed with kstatus' `Stalled`, and nothing is done. */
export function stalled(cause: Cause, next: Next = { type: 'stalled', reason: cause.reason }): Outcome {
  return { phase: 'Failed', ready: 'False', cause, progress: 'stalled', isAbnormal: true, effects: [], next }
}
