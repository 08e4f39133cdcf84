import { formatSelector, selectorLabels } from '../api/labels.ts'
import type { ApplySet, DatabaseItem } from './apply-set.ts'
import type { ApplyItem } from './apply-set.ts'
import type { ClusterApi } from './cluster-api.ts'
import { databaseNotServed } from './failure.ts'
import { majorChange } from './major.ts'
import { ownedBy } from './owner.ts'
import { planItem } from './planning.ts'
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
          ...(uid === undefined ? {} : { ownerUid: uid }),
        }),
      ),
    ),
    planCredentials(api, item, judged),
  ])
  return { item, resource, children, credentials }
}

function withMajorChecked({ database }: DatabaseItem, planned: PlannedItem): PlannedItem {
  const refusal = planned.refusal ?? majorChange(database, planned.live)
  return refusal === undefined || planned.refusal !== undefined ? planned : { ...planned, verdict: 'refused', refusal }
}

async function planCredentials(
  api: ClusterApi,
  { credentials, database }: DatabaseItem,
  judged: (item: ApplyItem) => boolean,
): Promise<CredentialsPlan> {
  if (credentials === undefined) return 'existing'
  if (!judged(credentials)) return 'create'
  if ((await api.get(credentials.reference)) !== undefined) return 'keep'
  const { name, namespace = 'default' } = database.metadata
  const labelSelector = formatSelector(selectorLabels(name))
  const claims = await api.list({ apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, labelSelector })
  return claims.length === 0 ? 'create' : 'lost'
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
