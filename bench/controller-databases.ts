/** The databases of a benchmark of the controller: created at once, awaited, disturbed. */
import { setTimeout as delay } from 'node:timers/promises'
import { databaseCrd } from '../src/api/crd.ts'
import type { ApiClient, ApiObject } from '../test/cluster/api-client.ts'
import { IMAGES, databaseFacts } from './databases.ts'

/** Namespace of all of them. */
export const NAMESPACE = 'bench'

const COLLECTION = `/apis/database.example.com/v1/namespaces/${NAMESPACE}/databases`
const IN_FLIGHT = 16
const LOOK_EVERY_MS = 100

/** Definition and namespace, ready for use. */
export async function furnish(api: ApiClient): Promise<void> {
  await api.create('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', databaseCrd())
  await api.create('/api/v1/namespaces', { metadata: { name: NAMESPACE } })
  const paths = [
    '/apis/database.example.com/v1/databases',
    `/api/v1/namespaces/${NAMESPACE}/serviceaccounts/default`,
    `/api/v1/namespaces/${NAMESPACE}/configmaps/kube-root-ca.crt`,
  ]
  for (const path of paths) while (!(await isThere(api, path))) await delay(LOOK_EVERY_MS)
}

async function isThere(api: ApiClient, path: string): Promise<boolean> {
  try {
    await api.request('GET', path)
    return true
  } catch {
    return false
  }
}

/** What somebody writes by hand. */
function manifest(index: number): object {
  const { name, databaseName, username } = databaseFacts(index)
  return {
    apiVersion: 'database.example.com/v1',
    kind: 'Database',
    metadata: { name },
    spec: {
      image: IMAGES[0],
      databaseName,
      username,
      storage: { size: '10Gi' },
      parameters: { max_connections: '200' },
    },
  }
}

/** Creates databases, 16 requests in flight. @returns their uids */
export async function createDatabases(api: ApiClient, count: number): Promise<readonly string[]> {
  const uids: string[] = []
  const indexes = Array.from({ length: count }, (_, index) => index).values()
  const worker = async (): Promise<void> => {
    for (const index of indexes) {
      const { metadata } = await api.create<ApiObject>(COLLECTION, manifest(index))
      uids[index] = metadata.uid ?? ''
    }
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker))
  return uids
}

interface Database extends ApiObject {
  readonly status?: { readonly phase?: string }
}

/** Begins to count databases that are Ready. @returns when so many are, by `performance.now()` */
export async function readyCounter(api: ApiClient, signal: AbortSignal): Promise<(count: number) => Promise<number>> {
  const ready = new Set<string>()
  let reached: (() => void) | undefined
  await api.follow<Database>(
    COLLECTION,
    ({ object: { metadata, status } }) => {
      if (status?.phase === 'Ready') ready.add(metadata.name)
      else ready.delete(metadata.name)
      reached?.()
    },
    { signal },
  )
  return (count) =>
    new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true })
      reached = (): void => {
        if (ready.size >= count) resolve(performance.now())
      }
      reached()
    })
}

/** The object that is changed where a corrective write is to be measured. */
export const DISTURBED = 'networkpolicies'

/** Changes a child of one database as somebody with kubectl does, in a field that the controller owns. */
export async function disturb(api: ApiClient, index: number): Promise<void> {
  const { name } = databaseFacts(index)
  const path = `/apis/networking.k8s.io/v1/namespaces/${NAMESPACE}/${DISTURBED}/${name}`
  await api.merge(path, { spec: { policyTypes: ['Ingress'] } })
}

/** Collections that the controller watches, with what selects in them. */
const WATCHED: readonly (readonly [path: string, selector: string])[] = [
  ['/apis/database.example.com/v1/databases', ''],
  ...[
    '/apis/apps/v1/statefulsets',
    '/api/v1/services',
    '/api/v1/configmaps',
    '/api/v1/serviceaccounts',
    '/apis/rbac.authorization.k8s.io/v1/roles',
    '/apis/rbac.authorization.k8s.io/v1/rolebindings',
    '/apis/networking.k8s.io/v1/networkpolicies',
  ].map((path) => [path, 'app.kubernetes.io/managed-by=cdk8s-database'] as const),
  ['/api/v1/pods', 'app.kubernetes.io/name=postgresql'],
  ['/api/v1/persistentvolumeclaims', 'app.kubernetes.io/name=postgresql'],
]

/** What a controller that starts is sent, in bytes. */
export async function watchedBytes(api: ApiClient): Promise<number> {
  const texts = WATCHED.map(([path, labelSelector]) => api.text('GET', path, { query: { labelSelector } }))
  return (await Promise.all(texts)).reduce((sum, text) => sum + Buffer.byteLength(text), 0)
}
