import { setTimeout as delay } from 'node:timers/promises'
import { FIELD_MANAGER } from '../api/group.ts'
import { formatObject, referenceOf } from '../api/object.ts'
import type { KubernetesObject, ManagedFieldsEntry, ObjectReference } from '../api/object.ts'
import { isConflict } from '../cluster/error-guards.ts'
import { RequestTimeoutError } from '../cluster/errors.ts'
import { immutableFieldsIn, selectorOf, withFieldsOf } from '../plan/immutable.ts'
import { isSameJson } from '../plan/json-equality.ts'
import { otherFields, ownFields } from '../plan/managed-fields.ts'
import type { ClusterApi } from './cluster/cluster-api.ts'
import { keepsDependents } from './planning/kept-dependents.ts'
import { labelDependents } from './planning/dependents.ts'

/** Attempts while controllers write the object's status. */
const ATTEMPTS = 5

/** How long an object may take to go, in milliseconds, and how often to look. */
const GONE_WITHIN_MS = 30_000
const LOOK_EVERY_MS = 100

/**
 * Deletes an object and creates it again, because a field that changes is immutable. Pods of a StatefulSet stay.
 *
 * What other managers have set in an object of ours is carried over, ownership included: the new object differs from
 * the old one in what we change, and in nothing else. One that we never applied is made from the manifest alone.
 *
 * Workflow: read; delete with uid and resourceVersion as preconditions; wait until it is gone; create.
 * Safety: killed after the deletion, the next run finds no object and creates it from the manifest.
 * @param onLabelled told of every pod and claim that was given new labels
 * @param uid of the object to replace; where it is another one by now, or gone, the object is only applied
 * @throws RequestTimeoutError where a finalizer keeps the old object
 */
export async function replaceObject(
  api: ClusterApi,
  object: KubernetesObject,
  uid: string,
  force: boolean,
  onLabelled: (object: KubernetesObject) => void = () => undefined,
): Promise<KubernetesObject> {
  const reference = referenceOf(object)
  const carried = await remove(api, object, uid, force, onLabelled)
  if (carried === undefined) return api.apply(object, { manager: FIELD_MANAGER, force })
  const created = await api.apply(carried.object, { manager: FIELD_MANAGER, force })
  return restoreOwners(api, reference, created, carried.managedFields)
}

/** What the new object is made from where others have a say in it. */
interface Carried {
  readonly object: KubernetesObject
  readonly managedFields: readonly ManagedFieldsEntry[]
}

async function remove(
  api: ClusterApi,
  object: KubernetesObject,
  uid: string,
  force: boolean,
  onLabelled: (object: KubernetesObject) => void,
): Promise<Carried | undefined> {
  const reference = referenceOf(object)
  for (let attempt = 1; ; attempt += 1) {
    const live = await api.get(reference)
    if (live === undefined || live.metadata.uid !== uid) return undefined
    const carried = await carryOver(api, object, live, force)
    // The new one finds its pods by its own selector.
    if (keepsDependents(reference) && !isSameJson(selectorOf(object), selectorOf(live)))
      for (const labelled of await labelDependents(api, object, live)) onLabelled(labelled)
    try {
      const { resourceVersion, deletionTimestamp } = live.metadata
      if (deletionTimestamp === undefined)
        await api.delete(reference, uid, resourceVersion, { orphan: keepsDependents(reference) })
      await untilGone(api, reference, uid)
      return carried
    } catch (error) {
      if (!isConflict(error) || attempt === ATTEMPTS) throw error
    }
  }
}

async function carryOver(
  api: ClusterApi,
  object: KubernetesObject,
  live: KubernetesObject,
  force: boolean,
): Promise<Carried | undefined> {
  // Another selector is another database's, or a StatefulSet made by hand: nothing of it is to stay.
  if (ownFields(live, FIELD_MANAGER) === undefined || !isSameJson(selectorOf(object), selectorOf(live)))
    return undefined
  if (!otherFields(live, FIELD_MANAGER).some(isAboutContent)) return undefined
  const fields = immutableFieldsIn(object, live)
  // What the server makes of the rest: its answer holds everybody's fields, and who owns them.
  const rest = withFieldsOf(object, live, fields)
  const {
    apiVersion,
    kind,
    metadata,
    status: _,
    ...content
  } = await api.apply(rest, {
    manager: FIELD_MANAGER,
    force,
    dryRun: true,
  })
  const { name, namespace, labels, annotations, ownerReferences } = metadata
  const kept = {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    ...(labels === undefined ? {} : { labels }),
    ...(annotations === undefined ? {} : { annotations }),
    ...(ownerReferences === undefined ? {} : { ownerReferences }),
  }
  return {
    object: withFieldsOf({ ...content, apiVersion, kind, metadata: kept }, object, fields),
    managedFields: (metadata.managedFields ?? []).filter(isAboutContent),
  }
}

const isAboutContent = ({ subresource = '' }: ManagedFieldsEntry): boolean => subresource !== 'status'

async function restoreOwners(
  api: ClusterApi,
  reference: ObjectReference,
  created: KubernetesObject,
  owners: readonly ManagedFieldsEntry[],
): Promise<KubernetesObject> {
  let current = created
  for (let attempt = 1; ; attempt += 1) {
    const about = (current.metadata.managedFields ?? []).filter((entry) => !isAboutContent(entry))
    try {
      return await api.patch(
        reference,
        [
          { op: 'replace', path: '/metadata/resourceVersion', value: current.metadata.resourceVersion ?? '' },
          { op: 'replace', path: '/metadata/managedFields', value: [...owners, ...about] },
        ],
        { manager: FIELD_MANAGER },
      )
    } catch (error) {
      if (!isConflict(error) || attempt === ATTEMPTS) throw error
      const live = await api.get(reference)
      if (live?.metadata.uid !== created.metadata.uid) return created
      current = live ?? created
    }
  }
}

async function untilGone(api: ClusterApi, reference: ObjectReference, uid: string): Promise<void> {
  const end = performance.now() + GONE_WITHIN_MS
  for (;;) {
    const live = await api.get(reference)
    if (live === undefined || live.metadata.uid !== uid) return
    if (performance.now() > end) throw stillThere(reference, live)
    await delay(LOOK_EVERY_MS)
  }
}

function stillThere(
  reference: ObjectReference,
  { metadata: { finalizers = [] } }: KubernetesObject,
): RequestTimeoutError {
  const seconds = GONE_WITHIN_MS / 1000
  const { name, namespace, kind } = reference
  return new RequestTimeoutError(
    `${formatObject(reference)} is still being deleted after ${seconds} s; finalizers: ${finalizers.join(', ')}`,
    {
      target: { verb: 'delete', resource: kind.toLowerCase(), name, ...(namespace === undefined ? {} : { namespace }) },
      timeoutMs: GONE_WITHIN_MS,
      outcome: 'unknown',
    },
  )
}
