import { formatSelector, selectorLabels } from '../api/labels.ts'
import type { ApplySet, DatabaseItem } from './apply-set.ts'
import type { ApplyItem } from './apply-set.ts'
import type { ClusterApi } from './cluster-api.ts'
import { databaseNotServed } from './failure.ts'
import { majorChange } from './major.ts'
import { ownedBy } from './owner.ts'
import { hasLabelsOf } from './ownership.ts'
import { notOurs, planItem } from './planning.ts'
import type { PlannedItem } from './planning.ts'
import { isKindNotServed } from '../cluster/error-guards.ts'

/**
 * What happens to the credentials Secret. `keep`: it exists. `create`: a password will be generated. `lost`: it is gone
 * while a volume holds data of its password; nothing will be generated.
 */
export type CredentialsPlan = 'keep' | 'create' | 'lost' | 'existing'

/** The plan of one database. */
export interface PlannedDatabase {
  readonly item: DatabaseItem
  readonly resource: PlannedItem
  readonly children: readonly PlannedItem[]
  readonly credentials: CredentialsPlan
}

/** The plan of a whole set. */
export interface PlannedSet {
  readonly others: readonly PlannedItem[]
  readonly databases: readonly PlannedDatabase[]
}

/** Asks the server about every object of a set. Nothing is written. */
export async function planSet(api: ClusterApi, set: ApplySet, force: boolean): Promise<PlannedSet> {
  const judged = await judgeFor(api, set)
  const [others, databases] = await Promise.all([
    Promise.all(set.others.map((item) => planItem(api, item, item.object, { force, judged: judged(item) }))),
    Promise.all(set.databases.map((item) => planDatabase(api, item, force, judged))),
  ])
  return { others, databases }
}

/**
 * Tells which objects the server can judge already: not those whose namespace or definition stands in the same set
 * and does not exist yet.
 */
async function judgeFor(api: ClusterApi, set: ApplySet): Promise<(item: ApplyItem) => boolean> {
  const absent = async (kind: string): Promise<readonly ApplyItem[]> => {
    const items = set.others.filter(({ reference }) => reference.kind === kind)
    const live = await Promise.all(items.map(({ reference }) => api.get(reference)))
    return items.filter((_, index) => live[index] === undefined)
  }
  const [namespaces, definitions] = await Promise.all([absent('Namespace'), absent('CustomResourceDefinition')])
  const missingNamespaces = new Set(namespaces.map(({ reference }) => reference.name))
  const missingKinds = new Set(
    definitions.map(({ object }) => {
      const spec = object['spec'] as { group?: string; names?: { kind?: string } } | undefined
      return `${spec?.group ?? ''}/${spec?.names?.kind ?? ''}`
    }),
  )
  return ({ reference }) =>
    !missingNamespaces.has(reference.namespace ?? '') &&
    !missingKinds.has(`${reference.apiVersion.split('/')[0]}/${reference.kind}`)
}

async function planDatabase(
  api: ClusterApi,
  item: DatabaseItem,
  force: boolean,
  judged: (item: ApplyItem) => boolean,
): Promise<PlannedDatabase> {
  const resource = withMajorChecked(item, await planResource(api, item, force, judged(item.resource)))
  // What is wrong with the resource is the cause of whatever would be wrong with its children.
  if (resource.refusal !== undefined)
    return { item: { ...item, credentials: undefined }, resource, children: [], credentials: 'existing' }
  const uid = resource.live?.metadata.uid
  const { name } = item.database.metadata
  const [children, credentials] = await Promise.all([
    Promise.all(
      item.children.map((child) =>
        planItem(api, child, uid === undefined ? child.object : ownedBy(child.object, name, uid), {
          force,
          judged: judged(child),
          owner: { name, uid },
        }),
      ),
    ),
    planCredentials(api, item, judged),
  ])
  const refused = credentials.refused === undefined ? [] : [credentials.refused]
  return { item, resource, children: [...children, ...refused], credentials: credentials.plan }
}

function withMajorChecked({ database }: DatabaseItem, planned: PlannedItem): PlannedItem {
  const refusal = planned.refusal ?? majorChange(database, planned.live)
  return refusal === undefined || planned.refusal !== undefined ? planned : { ...planned, verdict: 'refused', refusal }
}

/** A Secret that is there is used. One without a password and without our labels is somebody else's. */
async function planCredentials(
  api: ClusterApi,
  { credentials, database }: DatabaseItem,
  judged: (item: ApplyItem) => boolean,
): Promise<{ readonly plan: CredentialsPlan; readonly refused?: PlannedItem }> {
  if (credentials === undefined) return { plan: 'existing' }
  if (!judged(credentials)) return { plan: 'create' }
  const { name, namespace = 'default' } = database.metadata
  const live = await api.get(credentials.reference)
  if (live !== undefined) {
    const isComplete = (live['data'] as Record<string, string> | undefined)?.['password'] !== undefined
    if (isComplete || hasLabelsOf(live, name)) return { plan: 'keep' }
    const refusal = notOurs(credentials, 'it has no password and does not carry the labels of this Database')
    const item = { item: credentials, body: credentials.object, live, differences: [], judged: true } as const
    return { plan: 'existing', refused: { ...item, verdict: 'refused', refusal } }
  }
  const labelSelector = formatSelector(selectorLabels(name))
  const claims = await api.list({ apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, labelSelector })
  return { plan: claims.length === 0 ? 'create' : 'lost' }
}

async function planResource(
  api: ClusterApi,
  item: DatabaseItem,
  force: boolean,
  judged: boolean,
): Promise<PlannedItem> {
  try {
    return await planItem(api, item.resource, item.resource.object, { force, judged })
  } catch (error) {
    if (!isKindNotServed(error)) throw error
    const { object } = item.resource
    return {
      item: item.resource,
      body: object,
      live: undefined,
      verdict: 'refused',
      differences: [],
      judged: false,
      refusal: databaseNotServed(),
    }
  }
}
