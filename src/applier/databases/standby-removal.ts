import type { Database } from '../../api/database.ts'
import { derivedNames } from '../../api/names.ts'
import type { ObjectReference } from '../../api/object.ts'
import type { ClusterApi } from '../cluster/cluster-api.ts'
import type { DatabaseView } from '../cluster/database-view.ts'
import { hasLabelsOf, notOursBecause } from '../set/ownership.ts'

/** What a database has only where there are standbys, in the order of its removal. */
function objectsOfStandbys({ metadata: { name, namespace = 'default' } }: Database): readonly ObjectReference[] {
  const names = derivedNames(name)
  return [
    { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', namespace, name: names.disruptionBudget },
    { apiVersion: 'v1', kind: 'Service', namespace, name: names.readService },
    // Last: while it is there, a run that was killed knows that something is left to do.
    { apiVersion: 'apps/v1', kind: 'StatefulSet', namespace, name: names.standbyStatefulSet },
  ]
}

/**
 * Removes the standbys and what stands for them. Claims stay. What is not ours stays too.
 * @param onDeleted told of each object that was deleted
 */
export async function removeStandbys(
  api: ClusterApi,
  view: DatabaseView,
  database: Database,
  onDeleted: (object: ObjectReference) => void,
): Promise<void> {
  const { name, uid } = database.metadata
  for (const reference of objectsOfStandbys(database)) {
    const live = await api.get(reference)
    if (live?.metadata.uid === undefined || live.metadata.deletionTimestamp !== undefined) continue
    if (!hasLabelsOf(live, name) || notOursBecause(live, { name, uid }) !== undefined) continue
    await api.delete(reference, live.metadata.uid)
    onDeleted(reference)
    const left = await api.get(reference)
    if (left === undefined) view.forget(reference, live.metadata.uid)
    else view.store(left)
  }
}
