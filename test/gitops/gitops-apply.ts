/** What Argo CD and Flux do to a cluster, said with plain requests: neither runs here. */
import type { KubernetesObject } from '../../src/api/object.ts'
import type { ApiClient } from '../cluster/api-client.ts'

/** Field managers under which the tools apply, both with force. */
const GITOPS_MANAGERS = ['argocd-controller', 'kustomize-controller'] as const

/** Resource of each kind that synthesis writes; one that is not here fails the test. */
const RESOURCES: Readonly<Record<string, string>> = {
  CustomResourceDefinition: 'customresourcedefinitions',
  Database: 'databases',
  Namespace: 'namespaces',
  ServiceAccount: 'serviceaccounts',
  Role: 'roles',
  RoleBinding: 'rolebindings',
  Secret: 'secrets',
  ConfigMap: 'configmaps',
  NetworkPolicy: 'networkpolicies',
  StatefulSet: 'statefulsets',
  PersistentVolumeClaim: 'persistentvolumeclaims',
  CronJob: 'cronjobs',
  PodMonitor: 'podmonitors',
  PrometheusRule: 'prometheusrules',
  Service: 'services',
  PodDisruptionBudget: 'poddisruptionbudgets',
}

/** Path of an object in the API. */
export function pathOf({ apiVersion, kind, metadata }: KubernetesObject): string {
  const resource = RESOURCES[kind]
  if (resource === undefined) throw new Error(`no test knows where a ${kind} stands in the API`)
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`
  const place = metadata.namespace === undefined ? '' : `/namespaces/${metadata.namespace}`
  return `${root}${place}/${resource}/${metadata.name}`
}

/** Applies one object as a tool does: on the server's side, with force. @returns the object as the server has it then */
export async function applyAs(
  client: ApiClient,
  manager: string,
  object: KubernetesObject,
  query: { readonly dryRun?: 'All' } = {},
): Promise<KubernetesObject> {
  return await client.apply(pathOf(object), object, manager, { force: true, fieldValidation: 'Strict', ...query })
}

/** The live object. */
export async function liveOf(client: ApiClient, object: KubernetesObject): Promise<KubernetesObject> {
  return await client.request('GET', pathOf(object))
}

/**
 * Where a manifest is not found in the live object as it stands: a field that is missing or has another value, written
 * another way included (`1000m` beside `1`), or a list of another length. Fields that only the live object has are the
 * server's, and no drift.
 */
export function driftOf(manifest: unknown, live: unknown, path = ''): string[] {
  if (Array.isArray(manifest)) {
    if (!Array.isArray(live)) return [`${path}: a list in the manifest, ${JSON.stringify(live)} live`]
    if (manifest.length !== live.length) return [`${path}: ${manifest.length} items, ${live.length} live`]
    return manifest.flatMap((item, index) => driftOf(item, live[index], `${path}[${index}]`))
  }
  if (isObject(manifest)) {
    if (!isObject(live)) return [`${path}: ${JSON.stringify(manifest)} in the manifest, ${JSON.stringify(live)} live`]
    return Object.entries(manifest).flatMap(([key, value]) => driftOf(value, live[key], `${path}.${key}`))
  }
  return manifest === live ? [] : [`${path}: ${JSON.stringify(manifest)}, ${JSON.stringify(live)} live`]
}

/** Where applying a manifest as one of the tools would change the live object, apart from who owns what and from status. */
async function changeBy(client: ApiClient, manager: string, object: KubernetesObject): Promise<string[]> {
  const live = await liveOf(client, object)
  const predicted = await applyAs(client, manager, object, { dryRun: 'All' })
  const [before, after] = [wanted(live), wanted(predicted)]
  return [...new Set([...driftOf(after, before), ...driftOf(before, after)])]
}

/** Every way in which one of the tools could see a difference now, in words. */
export async function everyDrift(client: ApiClient, objects: readonly KubernetesObject[]): Promise<string[]> {
  const found = await Promise.all(
    objects.map(async (object) => {
      const subject = `${object.kind} ${object.metadata.name}`
      const inText = driftOf(object, await liveOf(client, object))
      const byServer = await Promise.all(
        GITOPS_MANAGERS.map(async (manager) =>
          (await changeBy(client, manager, object)).map((change) => `${change}, if applied by ${manager}`),
        ),
      )
      return [...inText, ...byServer.flat()].map((drift) => `${subject} ${drift}`)
    }),
  )
  return found.flat()
}

/** Without what is nobody's manifest: who owns what, and the status that controllers write all the time. */
function wanted(object: KubernetesObject): KubernetesObject {
  const { managedFields: _, resourceVersion: __, ...metadata } = object.metadata
  const { status: ___, ...rest } = object
  return { ...rest, metadata }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
