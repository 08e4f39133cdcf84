import type { Database } from '../../api/database.ts'
import type { ObjectReference } from '../../api/object.ts'
import { isConflict } from '../../cluster/error-guards.ts'
import type { SurplusObservation } from '../../phases/world.ts'
import type { ClusterApi } from '../cluster/cluster-api.ts'
import type { DatabaseView } from '../cluster/database-view.ts'
import { deletionSteps } from '../inventory/prune-order.ts'
import { goingOf, judgeSurplus } from '../set/surplus.ts'

/** An object whose status is written again and again is tried so many times. */
const ATTEMPTS = 4

/** Told what became of an object. */
export interface RemovalListener {
  /** It was deleted. */
  readonly onDeleted: (object: ObjectReference) => void
  /** Nothing is left to do about it: it was deleted, or it is to stay after all. */
  readonly onDone: (object: ObjectReference) => void
}

/**
 * Deletes children that the spec no longer asks for, what uses before what is used. Each is judged once more as it is
 * now, and deleted only as it was judged: what somebody has protected, taken or made again meanwhile stays.
 */
export async function removeSurplus(
  api: ClusterApi,
  view: DatabaseView,
  database: Database,
  surplus: readonly SurplusObservation[],
  { onDeleted, onDone }: RemovalListener,
): Promise<void> {
  const steps = deletionSteps(surplus.map((going) => ({ ...going, member: going.reference })))
  for (const { reference, uid } of steps.flat()) {
    if (await deleteIfStillSurplus(api, view, database, { reference, uid })) onDeleted(reference)
    onDone(reference)
  }
}

/** @returns whether it was deleted */
async function deleteIfStillSurplus(
  api: ClusterApi,
  view: DatabaseView,
  database: Database,
  { reference, uid }: SurplusObservation,
): Promise<boolean> {
  const { name, namespace = 'default', uid: ownUid } = database.metadata
  const owner = { name, namespace, uid: ownUid }
  for (let attempt = 1; ; attempt += 1) {
    const live = await api.get(reference)
    const isGoing = live?.metadata.uid === uid && goingOf(judgeSurplus(owner, [live])).length > 0
    if (live === undefined) view.forget(reference, uid)
    if (!isGoing) return false
    try {
      await api.delete(reference, uid, live.metadata.resourceVersion)
    } catch (error) {
      if (!isConflict(error) || attempt === ATTEMPTS) throw error
      continue
    }
    const left = await api.get(reference)
    if (left === undefined) view.forget(reference, uid)
    else view.store(left)
    return true
  }
}
