import type { Database } from '../api/database.ts'
import type { KubernetesObject } from '../api/object.ts'
import type { ClusterApi } from '../applier/cluster/cluster-api.ts'
import { rfc3339 } from '../applier/databases/rfc3339.ts'
import { StatusWriter } from '../applier/databases/status-writer.ts'
import type { Cause } from '../phases/outcome.ts'
import { unseen } from '../phases/unseen.ts'
import type { FleetView } from './fleet-view.ts'

/** Says in the status why a database cannot be judged, where it does not say so already. */
export async function tellUnseen(
  api: ClusterApi,
  view: FleetView,
  live: KubernetesObject,
  cause: Cause,
  now: () => number,
): Promise<void> {
  const database = live as unknown as Database
  const status = unseen(database, cause, rfc3339(now()))
  const decision = { status, effects: [], next: { type: 'done' } } as const
  await new StatusWriter(api, view, { now, storesEveryPhase: true }).show(database, decision)
}
