import { FIELD_MANAGER } from '../../api/group.ts'
import type { KubernetesObject } from '../../api/object.ts'
import { conflictsOf } from '../../plan/field-conflict.ts'
import type { LocatedConflict } from '../../plan/field-conflict.ts'
import { isSameJson } from '../../plan/json-equality.ts'
import { afterSuccession, replacingPatch } from '../../plan/succession.ts'
import type { Succession } from '../../plan/succession.ts'
import { comparable } from '../../plan/verdict.ts'
import { fieldConflictsOf, isFieldManagerConflict } from '../../cluster/error-guards.ts'
import type { ApplyItem } from '../set/apply-set.ts'
import type { ClusterApi } from '../cluster/cluster-api.ts'

/** What the server says would become of an object. */
export interface Rehearsal {
  /** The object afterwards, as if every field in conflict were taken. */
  readonly applied: KubernetesObject
  /** Fields that others own with other values, but for those whose place is taken. */
  readonly conflicts: readonly LocatedConflict[]
  /** Whose place would be taken first. */
  readonly succession?: Succession
  /** Fields that lose their last owner by that. */
  readonly fieldsGone: number
}

/**
 * Asks the server, by dry runs, what taking the place of others and applying would do: one request where nobody else
 * has a say. The first never takes anything, so that what would be taken is known also where taking is allowed.
 * @param succession whose place would be taken
 * @throws ApiError what the server refuses beside conflicts
 */
export async function rehearse(
  api: ClusterApi,
  { item, body }: { readonly item: ApplyItem; readonly body: KubernetesObject },
  live: KubernetesObject | undefined,
  succession?: Succession,
): Promise<Rehearsal> {
  const { applied, conflicts } = await dryRun(api, body, live)
  if (live === undefined || succession === undefined) return { applied, conflicts, fieldsGone: 0 }
  const left = conflicts.filter(({ owners }) => owners.some(({ manager }) => !succession.managers.includes(manager)))
  const { object, fields } = afterSuccession(live, applied, succession, FIELD_MANAGER)
  const exact = isSameJson(comparable(object), comparable(applied))
    ? applied
    : await api.patch(item.reference, replacingPatch(live, object), { manager: FIELD_MANAGER, dryRun: true })
  return {
    // Only the apply tells what will be ours.
    applied: { ...exact, metadata: { ...exact.metadata, managedFields: applied.metadata.managedFields ?? [] } },
    conflicts: left,
    succession,
    fieldsGone: fields,
  }
}

async function dryRun(
  api: ClusterApi,
  body: KubernetesObject,
  live: KubernetesObject | undefined,
): Promise<Pick<Rehearsal, 'applied' | 'conflicts'>> {
  try {
    return { applied: await api.apply(body, { manager: FIELD_MANAGER, dryRun: true }), conflicts: [] }
  } catch (error) {
    if (!isFieldManagerConflict(error)) throw error
    const applied = await api.apply(body, { manager: FIELD_MANAGER, dryRun: true, force: true })
    return { applied, conflicts: conflictsOf(fieldConflictsOf(error), body, live) }
  }
}
