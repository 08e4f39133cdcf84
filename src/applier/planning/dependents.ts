import { FIELD_MANAGER } from '../../api/group.ts'
import { referenceOf } from '../../api/object.ts'
import type { KubernetesObject, ObjectReference } from '../../api/object.ts'
import { claimTemplates } from '../../plan/claim-template.ts'
import { pointerOf } from '../../plan/json-patch.ts'
import type { JsonPatchOperation } from '../../plan/json-patch.ts'
import type { ClusterApi } from '../cluster/cluster-api.ts'

type Labels = Readonly<Record<string, string>>

/**
 * Gives the pods and claims of a StatefulSet the labels by which the new one will know its own. Their old labels stay,
 * so the old StatefulSet goes on with them until it is deleted. Doing it twice does no harm.
 * @param desired the new StatefulSet
 * @param live the old one, whose pods it controls
 * @returns the pods and claims as they are now
 */
export async function labelDependents(
  api: ClusterApi,
  desired: KubernetesObject,
  live: KubernetesObject,
  { dryRun = false }: { readonly dryRun?: boolean } = {},
): Promise<KubernetesObject[]> {
  const { namespace, uid } = live.metadata
  const inNamespace = namespace === undefined ? {} : { namespace }
  const pods = (await api.list({ apiVersion: 'v1', kind: 'Pod', ...inNamespace })).filter(({ metadata }) =>
    metadata.ownerReferences?.some((owner) => owner.controller === true && owner.uid === uid),
  )
  const claims = await Promise.all(
    claimNames(desired, live, pods).map((name) =>
      api.get({ apiVersion: 'v1', kind: 'PersistentVolumeClaim', ...inNamespace, name }),
    ),
  )
  const labels = selectorLabelsOf(desired)
  const touched = [...pods, ...claims].filter((object) => object !== undefined)
  return Promise.all(touched.map((object) => label(api, object, labels, dryRun)))
}

/** Claims of the pods that are there and of those that are wanted. */
function claimNames(desired: KubernetesObject, live: KubernetesObject, pods: readonly KubernetesObject[]): string[] {
  const set = desired.metadata.name
  const wanted = [desired, live].map(({ spec }) => (spec as { replicas?: number } | undefined)?.replicas ?? 1)
  const names = Array.from({ length: Math.max(...wanted) }, (_, ordinal) => `${set}-${ordinal}`)
  const all = new Set([...names, ...pods.map(({ metadata }) => metadata.name)])
  return claimTemplates(desired).flatMap(({ metadata }) => [...all].map((pod) => `${metadata?.name ?? ''}-${pod}`))
}

function selectorLabelsOf({ spec }: KubernetesObject): Labels {
  return (spec as { selector?: { matchLabels?: Labels } } | undefined)?.selector?.matchLabels ?? {}
}

async function label(
  api: ClusterApi,
  object: KubernetesObject,
  labels: Labels,
  dryRun: boolean,
): Promise<KubernetesObject> {
  const has = object.metadata.labels
  const missing = Object.entries(labels).filter(([key, value]) => has?.[key] !== value)
  if (missing.length === 0) return object
  const operations: JsonPatchOperation[] = [
    ...(has === undefined ? [{ op: 'add', path: '/metadata/labels', value: {} } as const] : []),
    ...missing.map(([key, value]) => ({ op: 'add', path: pointerOf('metadata', 'labels', key), value }) as const),
  ]
  const reference: ObjectReference = referenceOf(object)
  return api.patch(reference, operations, { manager: FIELD_MANAGER, dryRun })
}
