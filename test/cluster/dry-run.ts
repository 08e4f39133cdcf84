/** What the API server would say to an object, its warnings included. Nothing is stored. */
import type { KubernetesObject } from '../../src/api/object.ts'
import type { ControlPlane } from './control-plane.ts'

const RESOURCES: Readonly<Record<string, string>> = {
  ServiceAccount: 'api/v1/serviceaccounts',
  Secret: 'api/v1/secrets',
  ConfigMap: 'api/v1/configmaps',
  Service: 'api/v1/services',
  Pod: 'api/v1/pods',
  PersistentVolumeClaim: 'api/v1/persistentvolumeclaims',
  Role: 'apis/rbac.authorization.k8s.io/v1/roles',
  RoleBinding: 'apis/rbac.authorization.k8s.io/v1/rolebindings',
  NetworkPolicy: 'apis/networking.k8s.io/v1/networkpolicies',
  Database: 'apis/database.example.com/v1/databases',
  StatefulSet: 'apis/apps/v1/statefulsets',
  Deployment: 'apis/apps/v1/deployments',
  Job: 'apis/batch/v1/jobs',
  CronJob: 'apis/batch/v1/cronjobs',
  PodDisruptionBudget: 'apis/policy/v1/poddisruptionbudgets',
  PodMonitor: 'apis/monitoring.coreos.com/v1/podmonitors',
  PrometheusRule: 'apis/monitoring.coreos.com/v1/prometheusrules',
}

/** The server's words. */
export interface Verdict {
  readonly status: number
  /** Empty where it warns of nothing. */
  readonly warnings: string
  /** Why it refuses; empty where it does not. */
  readonly message: string
}

/** Applies an object strictly in a dry run, in a namespace whatever its own is. */
export async function dryRun(
  controlPlane: Pick<ControlPlane, 'request'>,
  namespace: string,
  object: KubernetesObject,
): Promise<Verdict> {
  const resource = RESOURCES[object.kind]
  if (resource === undefined) throw new Error(`nothing is known of kind ${object.kind}`)
  const at = resource.lastIndexOf('/')
  const { name } = object.metadata
  const path = `/${resource.slice(0, at)}/namespaces/${namespace}${resource.slice(at)}/${name}`
  const body = { ...object, metadata: { ...object.metadata, namespace } }
  const reply = await controlPlane.request('PATCH', `${path}?dryRun=All&fieldManager=test&fieldValidation=Strict`, {
    body,
  })
  const message = reply.status < 300 ? '' : String((reply.body as { message?: string }).message)
  return { status: reply.status, warnings: reply.warnings ?? '', message }
}

/** Works on many things, so many at a time. */
export async function inParallel<Item, Result>(
  items: readonly Item[],
  atOnce: number,
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = []
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < items.length) {
      const index = next
      next += 1
      results[index] = await work(items[index] as Item)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
  return results
}
