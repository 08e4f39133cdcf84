/** What the floors send. */
import { readFileSync } from 'node:fs'
import { FIELD_MANAGER } from '../src/api/group.ts'
import type { ApiClient } from '../test/cluster/api-client.ts'
import type { BenchCluster } from './cluster.ts'
import type { FloorHead } from './floor.ts'
import type { Manifest, ManifestSet } from './manifests.ts'

const SELECTOR = 'app.kubernetes.io/managed-by=cdk8s-database'

/** The plan of a floor: where to send what. @see floor.ts */
export async function floorPlan(
  side: 'list' | 'patch',
  set: ManifestSet,
  cluster: BenchCluster,
): Promise<readonly string[]> {
  const { certificateAuthority, adminToken: token } = cluster.controlPlane
  const server = /server: (\S+)/.exec(readFileSync(cluster.kubeconfig, 'utf8'))?.[1] ?? ''
  const head: FloorHead = { server, certificateAuthority, token }
  const collectionOf = await collections(cluster.api, set.objects)
  if (side === 'list') {
    const paths = set.objects.map((object) => `${collectionOf(object)}?labelSelector=${encodeURIComponent(SELECTOR)}`)
    return [JSON.stringify(head), ...new Set(paths)]
  }
  const query = `?fieldManager=${FIELD_MANAGER}&fieldValidation=Strict`
  const requests = set.objects.map(
    (object) => `${collectionOf(object)}/${object.metadata.name}${query} ${JSON.stringify(object)}`,
  )
  return [JSON.stringify(head), ...requests]
}

interface ResourceList {
  readonly resources: readonly { readonly name: string; readonly kind: string }[]
}

/** Finds the URL of an object's collection. */
export async function collections(api: ApiClient, objects: readonly Manifest[]): Promise<(object: Manifest) => string> {
  const plurals = new Map<string, string>()
  const base = (apiVersion: string): string => (apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`)
  for (const apiVersion of new Set(objects.map((object) => object.apiVersion))) {
    const { resources } = await api.request<ResourceList>('GET', base(apiVersion))
    for (const { name, kind } of resources) if (!name.includes('/')) plurals.set(`${apiVersion} ${kind}`, name)
  }
  return ({ apiVersion, kind, metadata: { namespace } }) => {
    const plural = plurals.get(`${apiVersion} ${kind}`)
    if (plural === undefined) throw new Error(`the cluster does not serve ${kind} of ${apiVersion}`)
    return `${base(apiVersion)}${namespace === undefined ? '' : `/namespaces/${namespace}`}/${plural}`
  }
}
