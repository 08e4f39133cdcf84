import { FIELD_MANAGER, FINALIZER } from '../api/group.ts'
import { referenceOf } from '../api/object.ts'
import type { KubernetesObject } from '../api/object.ts'
import { isForbidden } from '../cluster/error-guards.ts'
import type { JsonPatchOperation } from '../plan/json-patch.ts'
import type { ClusterApi } from '../applier/cluster/cluster-api.ts'
import { queryOfScope } from '../applier/cluster/database-queries.ts'
import { hasLabelsOf, notOursBecause } from '../applier/set/ownership.ts'
import type { ApplyItem } from '../applier/set/apply-set.ts'
import type { FleetView } from './fleet-view.ts'

/** Whether the controller must still clean up behind a Database. */
export function isHeld({ metadata }: Pick<KubernetesObject, 'metadata'>): boolean {
  return metadata.finalizers?.includes(FINALIZER) === true
}

/** Adds the finalizer: before the first child exists, and never to what is being deleted. */
export async function hold(api: ClusterApi, view: FleetView, database: KubernetesObject): Promise<void> {
  const { finalizers = [], deletionTimestamp } = database.metadata
  if (deletionTimestamp !== undefined || isHeld(database)) return
  await setFinalizers(api, view, database, [...finalizers, FINALIZER])
}

/** What may go with a Database. */
interface Belongings {
  /** Whether volumes and credentials go too. */
  readonly withData: boolean
  /** The generated Secret, where there is one. */
  readonly credentials: ApplyItem | undefined
}

/**
 * Cleans up behind a Database that is being deleted: its pods stop first, then, where its policy says so, volumes and
 * credentials go; the finalizer goes last. Everything is observed anew each time, so a kill anywhere costs nothing.
 * @returns whether all is done
 */
export async function cleanUp(
  api: ClusterApi,
  view: FleetView,
  database: KubernetesObject,
  { withData, credentials }: Belongings,
): Promise<boolean> {
  const { name, namespace = 'default', uid } = database.metadata
  const { statefulSet, standbyStatefulSet } = view.objectsOf(`${namespace}/${name}`)
  const isOurs = (object: KubernetesObject): boolean =>
    object.metadata.ownerReferences?.some((owner) => owner.uid === uid) === true
  const left = [standbyStatefulSet, statefulSet].filter((object) => object !== undefined)
  const ours = left.filter(isOurs)
  for (const object of ours) await deleteOnce(api, view, object)
  if (ours.length > 0) return false
  // Pods of a StatefulSet that Git keeps are not ours to wait for, and need their data.
  if (left.length === 0) {
    if ((await allOf(api, view, database, 'pods')).length > 0) return false
    if (withData && !(await isDataGone(api, view, database, credentials))) return false
  }
  await release(api, view, database)
  return true
}

/** Deletes volumes and credentials. @returns whether no volume is left */
async function isDataGone(
  api: ClusterApi,
  view: FleetView,
  database: KubernetesObject,
  credentials: ApplyItem | undefined,
): Promise<boolean> {
  const { name, uid } = database.metadata
  const claims = await allOf(api, view, database, 'claims')
  for (const claim of claims) await deleteOnce(api, view, claim)
  const secret = credentials === undefined ? undefined : await api.get(credentials.reference)
  if (secret !== undefined && hasLabelsOf(secret, name) && notOursBecause(secret, { name, uid }) === undefined)
    await deleteOnce(api, view, secret)
  return claims.length === 0
}

/**
 * All pods or claims of a Database, also those that no watch has told of yet: each kind has a watch of its own, so that of a
 * Database that goes right after it came, the end of the StatefulSet may be known before its beginning.
 */
async function allOf(
  api: ClusterApi,
  view: FleetView,
  { metadata: { name, namespace = 'default' } }: KubernetesObject,
  what: 'pods' | 'claims',
): Promise<readonly KubernetesObject[]> {
  const known = (): readonly KubernetesObject[] => view.objectsOf(`${namespace}/${name}`)[what]
  if (known().length > 0) return known()
  const kind = what === 'pods' ? 'Pod' : 'PersistentVolumeClaim'
  const query = queryOfScope({ apiVersion: 'v1', kind }, { namespace, names: [name] })
  for (const object of await api.list(query)) view.store(object)
  return known()
}

/**
 * Whether the namespace of a Database is being deleted. Everything in it goes then, in any order: nothing is left to be
 * kept in order, and the rights to do so may go first.
 * @returns `false` also where the namespace may not be seen
 */
export async function isNamespaceGoing(api: ClusterApi, { metadata }: KubernetesObject): Promise<boolean> {
  try {
    const live = await api.get({ apiVersion: 'v1', kind: 'Namespace', name: metadata.namespace ?? 'default' })
    return live?.metadata.deletionTimestamp !== undefined
  } catch (error) {
    if (!isForbidden(error)) throw error
    return false
  }
}

/** Takes the finalizer off. */
export async function release(api: ClusterApi, view: FleetView, database: KubernetesObject): Promise<void> {
  const others = (database.metadata.finalizers ?? []).filter((finalizer) => finalizer !== FINALIZER)
  await setFinalizers(api, view, database, others)
}

async function deleteOnce(api: ClusterApi, view: FleetView, object: KubernetesObject): Promise<void> {
  const { uid, deletionTimestamp } = object.metadata
  if (uid === undefined || deletionTimestamp !== undefined) return
  const reference = referenceOf(object)
  await api.delete(reference, uid)
  const left = object.kind === 'Secret' ? undefined : await api.get(reference)
  if (left === undefined) view.forget(reference, uid)
  else view.store(left)
}

/** Writes the finalizers only if the object is still the one that was read. */
async function setFinalizers(
  api: ClusterApi,
  view: FleetView,
  object: KubernetesObject,
  finalizers: readonly string[],
): Promise<void> {
  const { uid, resourceVersion } = object.metadata
  const operations: readonly JsonPatchOperation[] = [
    { op: 'test', path: '/metadata/uid', value: uid },
    { op: 'replace', path: '/metadata/resourceVersion', value: resourceVersion },
    { op: 'add', path: '/metadata/finalizers', value: finalizers },
  ]
  const reference = referenceOf(object)
  const stored = await api.patch(reference, operations, { manager: FIELD_MANAGER })
  if (finalizers.length === 0 && stored.metadata.deletionTimestamp !== undefined) view.forget(reference, uid)
  else view.store(stored)
}
