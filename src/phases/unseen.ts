import type { Database } from '../api/database.ts'
import type { DatabaseStatus } from '../api/status.ts'
import { findCondition, setCondition } from './conditions.ts'
import type { Cause } from './outcome.ts'

/**
 * The status of a database of which something that decides cannot be seen (a right is missing, a webhook fails): what was
 * known stands, and `Degraded` says why nothing more is known. Where it was not Ready, `Ready` says so too. Nothing else
 * is claimed, least of all about a new generation.
 */
export function unseen({ metadata, status = {} }: Database, cause: Cause, now: string): DatabaseStatus {
  const observedGeneration = metadata.generation ?? 1
  const degraded = { type: 'Degraded', status: 'True', ...cause, observedGeneration } as const
  const conditions = setCondition(status.conditions ?? [], degraded, now)
  const isReady = findCondition(conditions, 'Ready')?.status === 'True'
  return {
    ...status,
    phase: status.phase ?? 'Pending',
    ready: status.ready ?? false,
    conditions: isReady
      ? conditions
      : setCondition(conditions, { type: 'Ready', status: 'False', ...cause, observedGeneration }, now),
  }
}
