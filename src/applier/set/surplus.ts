import { API_VERSION, KIND } from '../../api/group.ts'
import type { Database } from '../../api/database.ts'
import { objectLabels } from '../../api/labels.ts'
import { formatReference } from '../../api/object.ts'
import type { KubernetesObject, ObjectReference } from '../../api/object.ts'
import { childrenNotAskedFor } from '../../api/optional-children.ts'
import { compareText, memberOf } from '../../plan/inventory.ts'
import { pruneChanges } from '../../plan/prune-changes.ts'
import { decidePrunes } from '../../plan/prune.ts'
import type { PlannedPrune } from '../../plan/prune.ts'
import type { PlannedChange } from '../../plan/planned-change.ts'
import type { SurplusObservation } from '../../phases/world.ts'
import type { ApplyItem } from './apply-set.ts'
import { hasLabelsOf, notOursBecause } from './ownership.ts'
import type { Owner } from './ownership.ts'

/**
 * Children that a database may have left over: its spec does not ask for them, and neither do its manifests.
 * @param statefulSet the primary's, as it is live
 */
export function possibleSurplus(
  database: Database,
  children: readonly ApplyItem[],
  statefulSet: KubernetesObject | undefined,
): ApplyItem[] {
  const wanted = new Set(children.map(({ reference }) => formatReference(reference)))
  const labels = objectLabels(database.metadata.name)
  return childrenNotAskedFor(database, statefulSet)
    .filter((reference) => !wanted.has(formatReference(reference)))
    .map(({ apiVersion, kind, namespace = 'default', name }) => ({
      object: { apiVersion, kind, metadata: { name, namespace, labels } },
      reference: { apiVersion, kind, namespace, name },
    }))
}

/** The Database that children may be left over of; the uid is absent while it does not exist. */
interface SurplusOwner extends Owner {
  readonly namespace: string
}

/**
 * What becomes of live objects that a database does not ask for: what is not its own is none of its surplus; of the rest
 * the rules of pruning decide, so that what somebody protects, or another tool keeps, stays.
 * @param otherSet tells which apply set knows an object beside the database's
 */
export function judgeSurplus(
  { name, namespace, uid }: SurplusOwner,
  found: readonly KubernetesObject[],
  otherSet: (reference: ObjectReference) => string | undefined = () => undefined,
): readonly PlannedPrune[] {
  // What is left of an earlier one of this name goes with that.
  if (uid === undefined) return []
  const owner = memberOf({ apiVersion: API_VERSION, kind: KIND, namespace, name }, uid)
  const orphans = found
    .toSorted((left, right) => compareText(nameOf(left), nameOf(right)))
    .filter((live) => hasLabelsOf(live, name) && notOursBecause(live, { name, uid }) === undefined)
    .map((live) => {
      const { apiVersion, kind, metadata } = live
      return { member: memberOf({ apiVersion, kind, namespace, name: metadata.name }), live }
    })
  return decidePrunes(orphans, { desired: [owner], otherSetOf: otherSet })
}

/** Objects come as they were read; the plan has one order. */
const nameOf = ({ kind, metadata: { name } }: KubernetesObject): string => `${kind} ${name}`

/** The surplus that goes, as the phases see it. */
export function goingOf(surplus: readonly PlannedPrune[]): SurplusObservation[] {
  return surplus.flatMap(({ member, decision }) =>
    decision.action === 'prune' ? [{ reference: memberOf(member), uid: decision.uid }] : [],
  )
}

/** The surplus for people. */
export function surplusChanges(surplus: readonly PlannedPrune[]): PlannedChange[] {
  return pruneChanges(surplus, ({ member }) =>
    member.kind === 'StatefulSet'
      ? 'the spec no longer asks for it; its volumes stay'
      : 'the spec no longer asks for it',
  )
}
