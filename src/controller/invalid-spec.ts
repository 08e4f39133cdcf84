import type { Database } from '../api/database.ts'
import type { KubernetesObject } from '../api/object.ts'
import type { ValidationIssue } from '../api/validation.ts'
import type { ClusterApi } from '../applier/cluster/cluster-api.ts'
import { rfc3339 } from '../applier/databases/rfc3339.ts'
import { StatusWriter } from '../applier/databases/status-writer.ts'
import { stalled } from '../phases/outcome.ts'
import { statusOf } from '../phases/status.ts'
import type { FleetView } from './fleet-view.ts'

/** Says in the status what is wrong with a spec that an older definition let in. Only another spec can help. */
export async function tellInvalidSpec(
  api: ClusterApi,
  view: FleetView,
  live: KubernetesObject,
  issues: readonly ValidationIssue[],
  now: () => number,
): Promise<void> {
  const database = live as unknown as Database
  const outcome = stalled({ reason: 'InvalidSpec', message: issues.map(({ message }) => message).join('; ') })
  const nothing = { children: [], claims: [], pods: [], events: [], statefulSet: undefined }
  const credentials = { secretName: '', source: 'generated', state: 'absent' } as const
  const unknown = { dependencies: undefined, verification: undefined, failure: undefined }
  const world = { now: rfc3339(now()), database, credentials, ...nothing, ...unknown }
  const decision = { status: statusOf(world, outcome), effects: [], next: outcome.next }
  await new StatusWriter(api, view, { now, storesEveryPhase: true }).show(database, decision)
}
