import type { Database } from '../api/database.ts'
import { CHILDREN_ANNOTATION } from '../api/group.ts'
import { derivedNames } from '../api/names.ts'
import { referenceOf } from '../api/object.ts'
import type { KubernetesObject } from '../api/object.ts'
import type { ClusterApi } from '../applier/cluster/cluster-api.ts'
import { judgeByDryRun, judgeByLive } from '../applier/planning/planning.ts'
import { unasked } from '../applier/planning/planned-item.ts'
import type { PlannedItem } from '../applier/planning/planned-item.ts'
import type { PlanningOptions } from '../applier/planning/planning-options.ts'
import type { ApplyItem } from '../applier/set/apply-set.ts'
import { ownedBy } from '../applier/set/owner.ts'
import type { FleetView } from './fleet-view.ts'

/** What a Database is to consist of. */
export interface DesiredChildren {
  /** In the order of their application; none where Git holds them. */
  readonly children: readonly ApplyItem[]
  /** The credentials Secret without a password; absent where the spec names an existing one. */
  readonly credentials: ApplyItem | undefined
}

/** A running controller corrects what others changed: every field that the manifests name is its own by contract. */
const OPTIONS: PlanningOptions = {
  force: true,
  verifyWithDryRun: false,
  takeOver: false,
  rerun: (flag) => `apply ${flag}`,
}

/** The children of a Database, made by the same construct that renders them. */
export async function desiredChildren(database: Database): Promise<DesiredChildren> {
  // cdk8s is loaded when the first Database comes.
  const { expandDatabase } = await import('../manifests/expansion.ts')
  const { name, namespace = 'default', annotations } = database.metadata
  const items = expandDatabase(database).map((object): ApplyItem => {
    const { apiVersion, kind, metadata } = object
    return { object, reference: { apiVersion, kind, name: metadata.name, namespace } }
  })
  const secretName = derivedNames(name).credentialsSecret
  const isCredentials = ({ reference }: ApplyItem): boolean =>
    reference.kind === 'Secret' && reference.name === secretName
  return {
    children: annotations?.[CHILDREN_ANNOTATION] === 'rendered' ? [] : items.filter((item) => !isCredentials(item)),
    credentials: items.find(isCredentials),
  }
}

/**
 * Finds out what applying each child would do: nothing where its managed fields prove so. Only about the others is the
 * server asked.
 * @param uid of the Database
 */
export function judgeChildren(
  api: ClusterApi,
  view: FleetView,
  database: Database,
  { children }: DesiredChildren,
): Promise<PlannedItem[]> {
  const { name, namespace = 'default', uid = '' } = database.metadata
  const key = `${namespace}/${name}`
  return Promise.all(
    children.map(async (item) => {
      const subject = { item, body: ownedBy(item.object, name, uid), owner: { name, uid } }
      const live = view.child(key, item.reference) ?? (await unlabelled(api, item))
      if (live === undefined) return unasked(subject, 'sample')
      return judgeByLive(subject, live, OPTIONS) ?? judgeByDryRun(api, subject, live, OPTIONS)
    }),
  )
}

/** An object of that name which no watch told of, because it does not carry our labels: somebody else may have made it. */
function unlabelled(api: ClusterApi, { object }: ApplyItem): Promise<KubernetesObject | undefined> {
  return api.get(referenceOf(object))
}
