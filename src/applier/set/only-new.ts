import type { KubernetesObject } from '../../api/object.ts'

/**
 * A version that no object has: the first write to a cluster has a later one. 0 would mean any version.
 */
const NO_OBJECTS_VERSION = '1'

/**
 * An object as it is applied where there must be none of its name yet: it is created, or the server refuses it with a
 * conflict (409) and leaves what is there alone, also with force. So nobody has to ask first, and nobody can come between
 * the question and the write.
 *
 * What is stored, and who owns which field, is the same as without.
 * @see https://kubernetes.io/docs/reference/using-api/server-side-apply/
 */
export function onlyNew(object: KubernetesObject): KubernetesObject {
  return { ...object, metadata: { ...object.metadata, resourceVersion: NO_OBJECTS_VERSION } }
}
