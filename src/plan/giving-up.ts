import { GROUP } from '../api/group.ts'
import type { KubernetesObject, ManagedFieldsEntry } from '../api/object.ts'
import { NO_FIELDS, countFields, unionOf } from './field-set.ts'
import type { JsonPatchOperation } from './json-patch.ts'
import { fieldSetOf } from './managed-fields.ts'

/** What a manager owns of a live object itself, whatever way it wrote it. */
export function ownEntries(live: KubernetesObject, manager: string): ManagedFieldsEntry[] {
  return (live.metadata.managedFields ?? []).filter((entry) => isOwn(entry, manager))
}

function isOwn(entry: ManagedFieldsEntry, manager: string): boolean {
  return entry.manager === manager && (entry.subresource ?? '') === ''
}

/** How many fields a manager would give up. */
export function countOwned(live: KubernetesObject, manager: string): number {
  return countFields(ownEntries(live, manager).reduce((set, entry) => unionOf(set, fieldSetOf(entry)), NO_FIELDS))
}

/**
 * The patch by which a manager gives up what it owns, and no value changes: fields that nobody owns stay as they are.
 * An apply with an empty body would remove them instead. Refused where the object changed since it was read.
 *
 * Without any entry the server would file everything under `before-first-apply` at the next apply, and that one would be
 * in conflict with nobody. So one is left that owns a field which never exists.
 */
export function givingUpPatch(live: KubernetesObject, manager: string): JsonPatchOperation[] {
  const others = (live.metadata.managedFields ?? []).filter((entry) => !isOwn(entry, manager))
  const left = others.length > 0 ? others : [placeholder(live.apiVersion, manager)]
  return [
    { op: 'replace', path: '/metadata/managedFields', value: left },
    { op: 'replace', path: '/metadata/resourceVersion', value: live.metadata.resourceVersion ?? '' },
  ]
}

function placeholder(apiVersion: string, manager: string): object {
  return {
    manager: `${manager}-released`,
    operation: 'Update',
    apiVersion,
    fieldsType: 'FieldsV1',
    fieldsV1: { 'f:metadata': { 'f:annotations': { [`f:${GROUP}/released`]: {} } } },
  }
}
