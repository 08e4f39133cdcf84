import { stageOfKind } from '../../api/stage.ts'
import type { ChildObservation } from '../../phases/world.ts'
import type { PlannedItem } from '../planning/planned-item.ts'
import { ownedBy } from '../set/owner.ts'

/** A child as the phases see it: what is sent, and what applying it would do. @param uid of the Database */
export function childObservation(planned: PlannedItem, name: string, uid: string): ChildObservation {
  const { verdict, refusal, item, body, live } = planned
  return {
    stage: stageOfKind(item.reference.kind),
    object: body.metadata.ownerReferences === undefined ? ownedBy(body, name, uid) : body,
    verdict: verdict === 'foreign' ? 'refused' : verdict,
    ...(verdict === 'replace' && live?.metadata.uid !== undefined ? { replaces: live.metadata.uid } : {}),
    ...(refusal === undefined ? {} : { message: refusal.message }),
  }
}
