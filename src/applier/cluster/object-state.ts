import type { KubernetesObject } from '../../api/object.ts'

/** Which state of an object somebody saw. Two states of an object never have the same. */
export function stateOf({ metadata: { uid, resourceVersion } }: KubernetesObject): string | undefined {
  return uid === undefined || resourceVersion === undefined ? undefined : `${uid} ${resourceVersion}`
}
