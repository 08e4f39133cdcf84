import type { Database } from '../api/database.ts'
import { derivedNames } from '../api/names.ts'
import type { KubernetesObject, ObjectReference } from '../api/object.ts'
import type { ClusterApi } from '../applier/cluster/cluster-api.ts'
import { goingOf, judgeSurplus, possibleSurplus } from '../applier/set/surplus.ts'
import { isForbidden, isKindNotServed } from '../cluster/error-guards.ts'
import type { SurplusObservation } from '../phases/world.ts'
import type { DesiredChildren } from './desired-children.ts'
import { isUnwatched } from './fleet-view.ts'
import type { FleetView } from './fleet-view.ts'

/**
 * The children of a database that its spec no longer asks for and that are to go; none where Git holds the children:
 * whoever applies them prunes them.
 *
 * The watches tell of most. What they do not tell of is asked for only while the status says of an earlier spec, or of
 * this one, that it is not through: a database is Ready after what is left over has gone. While its spec is the first,
 * nothing can be left of another.
 */
export async function findSurplus(
  api: ClusterApi,
  view: FleetView,
  database: Database,
  { children }: DesiredChildren,
): Promise<SurplusObservation[]> {
  if (children.length === 0) return []
  const { name, namespace = 'default', uid } = database.metadata
  const key = `${namespace}/${name}`
  const { statefulSet } = derivedNames(name)
  const primary = view.child(key, { apiVersion: 'apps/v1', kind: 'StatefulSet', namespace, name: statefulSet })
  const possible = possibleSurplus(database, children, primary).map(({ reference }) => reference)
  const { status, metadata } = database
  const isThrough = status?.phase === 'Ready' && status.observedGeneration === metadata.generation
  const isAsked = !isThrough && metadata.generation !== 1
  const unwatched = isAsked ? possible.filter(isUnwatched) : []
  const found = [
    ...possible.map((reference) => view.child(key, reference)),
    ...(await Promise.all(unwatched.map((reference) => lookUp(api, reference)))),
  ].filter((live) => live !== undefined)
  return goingOf(judgeSurplus({ name, namespace, uid }, found))
}

/** What may not be seen here was not made here. */
async function lookUp(api: ClusterApi, reference: ObjectReference): Promise<KubernetesObject | undefined> {
  try {
    return await api.get(reference)
  } catch (error) {
    if (isKindNotServed(error) || isForbidden(error)) return undefined
    throw error
  }
}
