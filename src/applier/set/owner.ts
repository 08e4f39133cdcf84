import type { KubernetesObject, OwnerReference } from '../../api/object.ts'
import { API_VERSION, KIND } from '../../api/group.ts'

/**
 * A child with its owner reference: deleting the Database then deletes the child. Never put on claims or credentials,
 * which outlive the resource.
 * @see https://kubernetes.io/docs/concepts/architecture/garbage-collection/
 */
export function ownedBy(child: KubernetesObject, name: string, uid: string): KubernetesObject {
  const owner: OwnerReference = {
    apiVersion: API_VERSION,
    kind: KIND,
    name,
    uid,
    controller: true,
    blockOwnerDeletion: true,
  }
  return { ...child, metadata: { ...child.metadata, ownerReferences: [owner] } }
}
