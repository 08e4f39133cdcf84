import type { DatabaseStatus, Phase } from '../api/status.ts'
import { findCondition } from './conditions.ts'

/** A phase that follows another, for the log line `STATE TRANSITION: Pending -> Provisioning`. */
export interface Transition {
  /** `undefined` for a resource that had no phase yet. */
  readonly from: Phase | undefined
  readonly to: Phase
  /** Why, from condition `Ready`. */
  readonly reason: string
  readonly message: string
}

/**
 * Which phase may follow which, besides itself. Every middle phase may follow every other: a new spec, drift or a dead
 * pod may come at any moment. What never happens: Ready without Verifying before it, a way back to Pending, a way out of
 * Deleting.
 */
export const ALLOWED_TRANSITIONS: Readonly<Record<Phase, readonly Phase[]>> = {
  Pending: ['Provisioning', 'Configuring', 'Deploying', 'Updating', 'Verifying', 'Failed', 'Deleting'],
  Provisioning: ['Configuring', 'Deploying', 'Updating', 'Verifying', 'Failed', 'Deleting'],
  Configuring: ['Provisioning', 'Deploying', 'Updating', 'Verifying', 'Failed', 'Deleting'],
  Deploying: ['Provisioning', 'Configuring', 'Updating', 'Verifying', 'Failed', 'Deleting'],
  Verifying: ['Provisioning', 'Configuring', 'Deploying', 'Updating', 'Ready', 'Failed', 'Deleting'],
  Ready: ['Updating', 'Verifying', 'Failed', 'Deleting'],
  Updating: ['Verifying', 'Failed', 'Deleting'],
  Failed: ['Provisioning', 'Configuring', 'Deploying', 'Updating', 'Verifying', 'Deleting'],
  // Only for a status that was carried over into a resource that is not being deleted (restored from a backup).
  Deleting: ['Pending'],
}

/** The transition between two statuses; none where the phase stays. */
export function transitions(before: DatabaseStatus | undefined, after: DatabaseStatus): readonly Transition[] {
  if (after.phase === undefined || before?.phase === after.phase) return []
  const ready = findCondition(after.conditions, 'Ready')
  return [{ from: before?.phase, to: after.phase, reason: ready?.reason ?? '', message: ready?.message ?? '' }]
}
