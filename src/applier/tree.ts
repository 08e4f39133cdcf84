import type { Database } from '../api/database.ts'
import { API_VERSION, KIND } from '../api/group.ts'
import { isHandedOver } from '../api/handed-over.ts'
import type { ObjectStatus } from '../api/kstatus.ts'
import { STANDBY_LABELS, formatSelector, selectorLabels } from '../api/labels.ts'
import { derivedNames } from '../api/names.ts'
import { hasStandbys } from '../api/optional-children.ts'
import type { KubernetesObject } from '../api/object.ts'
import type { ClusterApi } from './cluster/cluster-api.ts'
import { optionalNodes } from './optional-nodes.ts'
import { node } from './tree-node.ts'
import type { TreeNode } from './tree-node.ts'

/** A database and what belongs to it, as the cluster has it. */
export interface DatabaseTree extends TreeNode {
  readonly namespace: string
  readonly phase: string
  readonly ready: boolean
  readonly endpoint: string
}

/**
 * The trees of the databases of a namespace, from the cluster alone.
 * @param name one database only
 */
export async function databaseTrees(
  api: ClusterApi,
  namespace: string | undefined,
  name: string | undefined,
): Promise<DatabaseTree[]> {
  const query = { apiVersion: API_VERSION, kind: KIND, ...(namespace === undefined ? {} : { namespace }) }
  const databases = await api.list({
    ...query,
    ...(name === undefined ? {} : { fieldSelector: `metadata.name=${name}` }),
  })
  return Promise.all(databases.map((database) => databaseTree(api, database)))
}

async function databaseTree(api: ClusterApi, database: KubernetesObject): Promise<DatabaseTree> {
  const { name, namespace = 'default' } = database.metadata
  const labelSelector = formatSelector(selectorLabels(name))
  const names = derivedNames(name)
  const spec = database['spec'] as { credentials?: { existingSecret?: { name?: string } } } | undefined
  const secretName = spec?.credentials?.existingSecret?.name ?? names.credentialsSecret
  const named = (apiVersion: string, kind: string, child: string): Promise<TreeNode> =>
    api.get({ apiVersion, kind, namespace, name: child }).then((object) => node(kind, child, object))
  const valid = withReplicas(database)
  const [[beside, standbyStatefulSet], statefulSet, pods, claims, ...rest] = await Promise.all([
    optionalNodes(api, valid),
    api.get({ apiVersion: 'apps/v1', kind: 'StatefulSet', namespace, name: names.statefulSet }),
    api.list({ apiVersion: 'v1', kind: 'Pod', namespace, labelSelector }),
    api.list({ apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, labelSelector }),
    named('v1', 'Service', names.service),
    named('v1', 'Service', names.podService),
    named('v1', 'ConfigMap', names.configMap),
    named('networking.k8s.io/v1', 'NetworkPolicy', names.networkPolicy),
    named('v1', 'Secret', secretName),
  ])
  const mounted = new Set(pods.flatMap(claimNames))
  const podNodes = (ofStandbys: boolean): TreeNode[] =>
    pods
      .filter((pod) => isStandby(pod) === ofStandbys)
      .map((pod) => ({
        ...node('Pod', pod.metadata.name, pod),
        children: claims
          .filter((claim) => claimNames(pod).includes(claim.metadata.name))
          .map((claim) => node('PersistentVolumeClaim', claim.metadata.name, claim)),
      }))
  const loose = claims.filter((claim) => !mounted.has(claim.metadata.name))
  const status = (database['status'] ?? {}) as { phase?: string; ready?: boolean; endpoint?: string }
  return {
    ...node(KIND, name, database),
    namespace,
    phase: status.phase ?? '',
    ready: status.ready === true,
    endpoint: status.endpoint ?? '',
    children: [
      {
        ...node('StatefulSet', names.statefulSet, statefulSet),
        ...scaledAway(valid, statefulSet, 1),
        children: podNodes(false),
      },
      ...standbysOf(valid, standbyStatefulSet, podNodes(true)),
      ...loose.map((claim) => node('PersistentVolumeClaim', claim.metadata.name, claim)),
      ...rest,
      ...beside,
    ],
  }
}

/** A Database as the cluster has it, with the default that an older definition may not have filled in. */
function withReplicas(object: KubernetesObject): Database {
  const database = object as unknown as Database
  const { replicas = 1 } = database.spec as Partial<Database['spec']>
  return { ...database, spec: { ...database.spec, replicas } }
}

/** The StatefulSet of the standbys with its pods; of pods that are left over, the pods. */
function standbysOf(
  database: Database,
  statefulSet: KubernetesObject | undefined,
  pods: readonly TreeNode[],
): TreeNode[] {
  if (!hasStandbys(database.spec)) return [...pods]
  const { standbyStatefulSet: name } = derivedNames(database.metadata.name)
  const scaled = scaledAway(database, statefulSet, database.spec.replicas - 1)
  return [{ ...node('StatefulSet', name, statefulSet), ...scaled, children: pods }]
}

/** The status of a StatefulSet that somebody scaled away from what the Database asks for; nothing where it is as asked. */
function scaledAway(
  { spec }: Database,
  statefulSet: KubernetesObject | undefined,
  wanted: number,
): { status?: ObjectStatus } {
  if (isHandedOver(spec, 'statefulSet.replicas')) return {}
  const asked = (statefulSet?.['spec'] as { replicas?: number } | undefined)?.replicas
  if (asked === undefined || asked === wanted) return {}
  return { status: { word: 'InProgress', message: `scaled to ${asked}, the Database asks for ${wanted}` } }
}

function isStandby({ metadata: { labels } }: KubernetesObject): boolean {
  return Object.entries(STANDBY_LABELS).every(([key, value]) => labels?.[key] === value)
}

function claimNames(pod: KubernetesObject): string[] {
  const volumes =
    (pod['spec'] as { volumes?: { persistentVolumeClaim?: { claimName?: string } }[] } | undefined)?.volumes ?? []
  return volumes.map((volume) => volume.persistentVolumeClaim?.claimName).filter((claim) => claim !== undefined)
}
