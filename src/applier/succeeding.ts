import { FIELD_MANAGER } from '../api/group.ts'
import type { KubernetesObject } from '../api/object.ts'
import { isConflict } from '../cluster/error-guards.ts'
import { successionOf, successionPatch } from '../plan/succession.ts'
import type { ClusterApi } from './cluster/cluster-api.ts'
import type { PlannedItem } from './planning/planned-item.ts'

/** Attempts while somebody else writes the object. */
const ATTEMPTS = 5

/**
 * Takes the place of the managers that the plan names, before the object is applied. Changes no field but the marks by
 * which they know it. Where the object changed since it was read, it is read again: the entries to take are told by
 * name, whatever they hold by now.
 */
export async function succeed(api: ClusterApi, planned: PlannedItem): Promise<void> {
  const { item, live, succession, takesOverFrom } = planned
  if (succession === undefined || live === undefined) return
  let current: KubernetesObject | undefined = live
  for (let attempt = 1; ; attempt += 1) {
    // One that was deleted, or made anew, has no history to take.
    if (current === undefined || current.metadata.uid !== live.metadata.uid) return
    const due = successionOf(current, takesOverFrom)
    if (due === undefined) return
    try {
      await api.patch(item.reference, successionPatch(current, due, FIELD_MANAGER), { manager: FIELD_MANAGER })
      return
    } catch (error) {
      if (!isConflict(error) || attempt === ATTEMPTS) throw error
      current = await api.get(item.reference)
    }
  }
}
