import type { Database } from '../api/database.ts'
import { CHILDREN_ANNOTATION } from '../api/group.ts'
import { derivedNames } from '../api/names.ts'
import { stageOfKind } from '../api/stage.ts'
import type { ClusterApi } from '../applier/cluster/cluster-api.ts'
import { judgeByDryRun, judgeByLive } from '../applier/planning/planning.ts'
import { unasked } from '../applier/planning/planned-item.ts'
import type { PlannedItem } from '../applier/planning/planned-item.ts'
import type { PlanningOptions } from '../applier/planning/planning-options.ts'
import type { ApplyItem } from '../applier/set/apply-set.ts'
import { onlyNew } from '../applier/set/only-new.ts'
import { ownedBy } from '../applier/set/owner.ts'
import { isUnwatched } from './fleet-view.ts'
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
 *
 * What no watch told of is to be created, and only created: an object of its name that does not carry our labels may be
 * somebody else's, and the server then refuses the write with a conflict.
 * @param asks whether the server is asked for every such object before. For a new Database, which hardly ever meets one,
 * only for those that are written when a volume exists already; for the others when a write was refused.
 */
export function judgeChildren(
  api: ClusterApi,
  view: FleetView,
  database: Database,
  { children }: DesiredChildren,
  asks: boolean,
): Promise<PlannedItem[]> {
  const { name, namespace = 'default', uid = '' } = database.metadata
  const key = `${namespace}/${name}`
  return Promise.all(
    children.map(async (item) => {
      const body = ownedBy(item.object, name, uid)
      const subject = { item, body, owner: { name, uid } }
      const isAsked = asks || isUnwatched(item.reference) || stageOfKind(item.reference.kind) !== 'provisioning'
      const live = view.child(key, item.reference) ?? (isAsked ? await api.get(item.reference) : undefined)
      if (live === undefined) return unasked({ ...subject, body: onlyNew(body) }, 'none')
      return judgeByLive(subject, live, OPTIONS) ?? judgeByDryRun(api, subject, live, OPTIONS)
    }),
  )
}
