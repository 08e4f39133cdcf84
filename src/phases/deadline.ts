import { generationOf } from './back-off.ts'
import { findCondition } from './conditions.ts'
import { formatTimestamp, parseTimestamp } from './timestamp.ts'
import type { World } from './world.ts'

/** How long a rollout may take before a person should look at it. It is watched further and may still complete. */
export const PROGRESS_DEADLINE_MS = 600_000

/** Reason of `Stalled` after the deadline. */
export const DEADLINE_EXCEEDED = 'ProgressDeadlineExceeded'

/**
 * When the rollout that is under way began: the youngest of what makes one begin. The StatefulSet's own fields (spec
 * written), its pods (replaced), and condition `Progressing` (the database was complete until then; it also is how a
 * crash long after the rollout starts a new count). The time spent before there was a StatefulSet does not count.
 */
function rolloutStart(world: World): string {
  const conditions = world.database.status?.conditions
  const progress = findCondition(conditions, 'Progressing')
  const stalled = findCondition(conditions, 'Stalled')
  const isPastDeadline = stalled?.reason === DEADLINE_EXCEEDED && stalled.observedGeneration === generationOf(world)
  const changed = lastChange(world)
  if (changed === undefined || (progress?.status !== 'True' && !isPastDeadline)) return world.now
  // Once past the deadline `Progressing` turned False at that moment, which began nothing.
  return youngest([progress?.status === 'True' ? progress.lastTransitionTime : undefined, changed]) ?? world.now
}

/**
 * When the workload changed last: its spec was written, or a pod was made. Events from before that are about another
 * workload. Only what is in the cluster counts, not the status: writing it must not change what it says.
 */
export function lastChange({ statefulSet, standbyStatefulSet, pods }: World): string | undefined {
  const workloads = [statefulSet, standbyStatefulSet].map((workload) => workload?.metadata ?? { managedFields: [] })
  const writes = workloads
    .flatMap(({ managedFields = [] }) => managedFields)
    .filter(({ subresource }) => subresource === undefined || subresource === '')
  return youngest([
    statefulSet?.metadata.creationTimestamp,
    standbyStatefulSet?.metadata.creationTimestamp,
    ...writes.map(({ time }) => time),
    ...pods.map(({ metadata }) => metadata.creationTimestamp),
  ])
}

function youngest(moments: readonly (string | undefined)[]): string | undefined {
  const known = moments.map((moment) => parseTimestamp(moment)).filter((moment) => moment !== undefined)
  return known.length === 0 ? undefined : formatTimestamp(Math.max(...known))
}

/** Whether the rollout has taken longer than it may. */
export function isDeadlineExceeded(world: World): boolean {
  const now = parseTimestamp(world.now)
  const start = parseTimestamp(rolloutStart(world))
  return now !== undefined && start !== undefined && now - start > PROGRESS_DEADLINE_MS
}
