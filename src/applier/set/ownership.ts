import { KIND } from '../../api/group.ts'
import { objectLabels } from '../../api/labels.ts'
import type { KubernetesObject } from '../../api/object.ts'

/** The Database that an object may belong to; the uid is absent while (or when) it does not exist. */
export interface Owner {
  readonly name: string
  readonly uid?: string | undefined
}

/**
 * Why a live object does not belong to a Database; `undefined` where it does. A name alone proves nothing: somebody else
 * may have had the same idea.
 *
 * It belongs to the Database that controls it. Without a controller (made by Argo CD, Flux or an apply that was killed)
 * its labels must say so.
 */
export function notOursBecause(live: KubernetesObject, owner: Owner): string | undefined {
  const controller = live.metadata.ownerReferences?.find((reference) => reference.controller === true)
  if (controller === undefined)
    return hasLabelsOf(live, owner.name)
      ? undefined
      : 'it exists already and does not carry the labels of this Database'
  const isNamesake = controller.kind === KIND && controller.name === owner.name
  if (isNamesake && (owner.uid === undefined || owner.uid === controller.uid)) return undefined
  return isNamesake
    ? `it belongs to a deleted Database of the same name and is about to go`
    : `it is controlled by ${controller.kind} ${controller.name}`
}

/** Whether a controller holds an object: only deleting that, or its own consent, ends its claim. */
export function isControlled({ metadata }: KubernetesObject): boolean {
  return metadata.ownerReferences?.some((reference) => reference.controller === true) ?? false
}

/** Whether an object says of itself that it is part of the Database of that name. */
export function hasLabelsOf({ metadata }: KubernetesObject, name: string): boolean {
  const wanted = objectLabels(name)
  return ['app.kubernetes.io/instance', 'app.kubernetes.io/managed-by'].every(
    (key) => metadata.labels?.[key] === wanted[key],
  )
}
