import type { KubernetesObject, ManagedFieldsEntry } from '../api/object.ts'
import { fieldSetOf, nodeAt } from './managed-fields.ts'

/** Where `kubectl apply` without `--server-side` keeps what it applied. It repeats every value, secret ones too. */
export const LAST_APPLIED_ANNOTATION = 'kubectl.kubernetes.io/last-applied-configuration'

/**
 * Managers that stand for a client-side apply: kubectl's own, and the one under which the server files what was there
 * before it knew of managers.
 */
const CLIENT_SIDE_MANAGERS: ReadonlySet<string> = new Set(['kubectl-client-side-apply', 'before-first-apply'])

/**
 * The entries that a client-side apply left in an object's managed fields. As long as they are there, a field that is
 * removed from the manifest stays in the object: it has an owner still.
 *
 * Besides the known names it is every manager that wrote the annotation of such an apply, whatever it called itself.
 * @see https://kubernetes.io/docs/reference/using-api/server-side-apply/#upgrading-from-client-side-apply-to-server-side-apply
 */
export function clientSideEntries(live: KubernetesObject): ManagedFieldsEntry[] {
  return (live.metadata.managedFields ?? []).filter(isClientSide)
}

function isClientSide(entry: ManagedFieldsEntry): boolean {
  if (entry.operation !== 'Update' || (entry.subresource ?? '') !== '') return false
  if (CLIENT_SIDE_MANAGERS.has(entry.manager ?? '')) return true
  return nodeAt(fieldSetOf(entry), ['f:metadata', 'f:annotations', `f:${LAST_APPLIED_ANNOTATION}`]) !== undefined
}
