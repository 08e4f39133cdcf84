import type { KubernetesObject, OwnerReference } from '../../api/object.ts'
import { API_VERSION, KIND } from '../../api/group.ts'

/**
 * A child with its owner reference: deleting the Database then deletes the child. A claim comes back without one: as the
 * credentials, it outlives the resource.
 * @see https://kubernetes.io/docs/concepts/architecture/garbage-collection/
 */
export function ownedBy(child: KubernetesObject, name: string, uid: string): KubernetesObject {
  if (child.kind === 'PersistentVolumeClaim') return child
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
