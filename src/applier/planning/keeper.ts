import type { KubernetesObject } from '../../api/object.ts'
import type { Tracker } from '../../plan/tracking.ts'
import { compare } from '../../plan/verdict.ts'
import type { ClusterApi } from '../cluster/cluster-api.ts'
import { refusalOf } from './failure.ts'
import type { PlannedItem, Subject } from './planned-item.ts'

/**
 * What would change if whoever keeps an object applied the manifest: in their name, with force as Argo CD and Flux do,
 * with the marks by which they know it, and without our owner reference. So the plan of a change in Git is what the
 * sync will do, fields that Git drops included, where the keeper applies on the server's side.
 */
export async function judgeAsKeeper(
  api: ClusterApi,
  { item }: Subject,
  live: KubernetesObject,
  tracker: Tracker,
): Promise<PlannedItem> {
  const body = withMarks(item.object, live, tracker)
  const planned = { item, body, live, proof: 'dry-run', note: `kept by ${tracker.owner}` } as const
  const manager = managerIn(live, tracker)
  try {
    const applied = await api.apply(body, { manager, dryRun: true, force: true })
    const { differences } = compare(live, applied, manager)
    return differences.length === 0
      ? { ...planned, verdict: 'unchanged', differences }
      : { ...planned, verdict: 'update', applied, differences }
  } catch (error) {
    const refusal = refusalOf(error, item)
    if (refusal === undefined) throw error
    return { item, body, live, proof: 'dry-run', verdict: 'refused', differences: [], refusal }
  }
}

/** The name under which the keeper wrote the object. */
function managerIn({ metadata }: KubernetesObject, { managers, owner }: Tracker): string {
  const writers = new Set((metadata.managedFields ?? []).map(({ manager }) => manager))
  return managers.find((manager) => writers.has(manager)) ?? managers[0] ?? owner
}

function withMarks(object: KubernetesObject, live: KubernetesObject, tracker: Tracker): KubernetesObject {
  const labels = { ...object.metadata.labels, ...marks(live.metadata.labels, tracker.labels) }
  const annotations = { ...object.metadata.annotations, ...marks(live.metadata.annotations, tracker.annotations) }
  return { ...object, metadata: { ...object.metadata, labels, annotations } }
}

function marks(of: Readonly<Record<string, string>> = {}, keys: readonly string[]): Record<string, string> {
  return Object.fromEntries(Object.entries(of).filter(([key]) => keys.includes(key)))
}
