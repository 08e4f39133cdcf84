import type { KubernetesObject, ObjectReference } from '../api/object.ts'
import { deletionProtection, keptFromDeletion } from '../plan/prune-protection.ts'
import { isKindNotServed } from '../cluster/error-guards.ts'
import type { ClusterApi, ObjectQuery } from './cluster/cluster-api.ts'
import type { ClusterView } from './cluster/cluster-view.ts'
import { readLive } from './cluster/live-objects.ts'
import { itemsOf } from './set/apply-set.ts'
import type { ApplyItem, ApplySet, DatabaseItem } from './set/apply-set.ts'
import { notOursBecause } from './set/ownership.ts'

/** An object that exists, and whether it goes. */
export interface Candidate {
  readonly reference: ObjectReference
  readonly uid: string
  /** Why it stays; absent where it goes. */
  readonly keep?: string
}

/** Kinds that hold data or other people's objects: they stay, unless a person asks for more than deletion. */
const KEPT_KINDS: Readonly<Record<string, string>> = {
  Namespace: 'a namespace holds more than these manifests',
  CustomResourceDefinition: 'deleting it would delete every object of its kind in the cluster',
}

/** What exists of a set, in the order of its deletion: first what uses, then what is used. */
export interface Candidates {
  /** One list for each database; they have nothing to do with each other. */
  readonly databases: readonly (readonly Candidate[])[]
  /** What belongs to no database, after all of them. */
  readonly others: readonly Candidate[]
}

/** Finds what exists of a set and decides what goes. Reads only. */
export async function findCandidates(
  api: ClusterApi,
  set: ApplySet,
  view: ClusterView,
  purge: boolean,
): Promise<Candidates> {
  const live = new Map<ApplyItem, KubernetesObject>()
  const onLive = (item: ApplyItem, object: KubernetesObject | undefined): void => {
    if (object !== undefined) live.set(item, object)
  }
  await Promise.all([view.read(), readLive(api, itemsOf(set), { onLive })])
  const others = await Promise.all(
    set.others.toReversed().map(async (item) => {
      const found = live.get(item)
      const keep = purge ? await keptInPurge(api, item, set) : KEPT_KINDS[item.reference.kind]
      return candidate(
        item.reference,
        found,
        keep ?? (purge || found === undefined ? undefined : keptFromDeletion(found)),
      )
    }),
  )
  return {
    databases: set.databases.map((item) => databaseCandidates(item, live, view, purge)),
    others: others.flat(),
  }
}

/** What stays even in a purge: namespaces, and definitions of which objects exist that these manifests do not name. */
async function keptInPurge(
  api: ClusterApi,
  { object, reference }: ApplyItem,
  set: ApplySet,
): Promise<string | undefined> {
  if (reference.kind !== 'CustomResourceDefinition')
    return reference.kind === 'Namespace' ? KEPT_KINDS['Namespace'] : undefined
  const spec = object['spec'] as
    | { group?: string; names?: { kind?: string }; versions?: { name?: string }[] }
    | undefined
  const apiVersion = `${spec?.group ?? ''}/${spec?.versions?.[0]?.name ?? ''}`
  const existing = await listIfServed(api, { apiVersion, kind: spec?.names?.kind ?? '' })
  const named = new Set(set.databases.map(({ key }) => key))
  const left = existing
    .map(({ metadata }) => `${metadata.namespace ?? ''}/${metadata.name}`)
    .filter((key) => !named.has(key))
  return left.length === 0 ? undefined : `deleting it would delete ${left.join(', ')} too`
}

function databaseCandidates(
  { key, database, resource, children, credentials }: DatabaseItem,
  live: ReadonlyMap<ApplyItem, KubernetesObject>,
  view: ClusterView,
  purge: boolean,
): Candidate[] {
  const { name, namespace = 'default' } = database.metadata
  const withData = purge || database.spec.deletionPolicy === 'Delete'
  const keep = withData ? undefined : 'holds your data: applying the manifests again brings it back'
  const keepSecret = withData ? undefined : 'belongs to the data on the volume'
  const found = live.get(resource)
  const held = found === undefined ? undefined : deletionProtection(found)
  if (held !== undefined) {
    // Nothing of it goes: its children would only be missing until somebody applies them again.
    const objects = [resource, ...children.toReversed(), ...(credentials === undefined ? [] : [credentials])]
    return objects.flatMap((item) => candidate(item.reference, live.get(item), `${held.note}: ${held.remedy}`))
  }
  const notOurs = (child: KubernetesObject | undefined): string | undefined => {
    const because = child === undefined ? undefined : notOursBecause(child, { name, uid: found?.metadata.uid })
    return because === undefined ? undefined : `not ours: ${because}`
  }
  const secret = credentials === undefined ? undefined : live.get(credentials)
  return [
    ...candidate(resource.reference, found, undefined),
    ...children
      .toReversed()
      .flatMap((item) => candidate(item.reference, live.get(item), notOurs(live.get(item)) ?? keptDumps(item, purge))),
    ...view
      .objectsOf(key)
      .claims.flatMap((claim) =>
        candidate(
          { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name: claim.metadata.name },
          claim,
          keep,
        ),
      ),
    ...(credentials === undefined ? [] : candidate(credentials.reference, secret, notOurs(secret) ?? keepSecret)),
  ]
}

/** Dumps outlive their database even where its data goes: that is what they are for. */
function keptDumps({ reference }: ApplyItem, purge: boolean): string | undefined {
  return reference.kind === 'PersistentVolumeClaim' && !purge ? 'holds your backups' : undefined
}

/** Objects of a kind, none where the cluster does not know it. */
async function listIfServed(api: ClusterApi, query: ObjectQuery): Promise<readonly KubernetesObject[]> {
  try {
    return await api.list(query)
  } catch (error) {
    if (isKindNotServed(error)) return []
    throw error
  }
}

function candidate(
  reference: ObjectReference,
  live: KubernetesObject | undefined,
  keep: string | undefined,
): Candidate[] {
  if (live?.metadata.uid === undefined) return []
  return [{ reference, uid: live.metadata.uid, ...(keep === undefined ? {} : { keep }) }]
}
