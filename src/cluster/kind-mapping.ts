/** How a kind is addressed in the API. */
export interface KindMapping {
  readonly apiVersion: string
  readonly kind: string
  readonly plural: string
  readonly namespaced: boolean
  /** Whether its status is written apart. Known of kinds that the server was asked about. */
  readonly hasStatus?: boolean
}

const namespacedKinds: Readonly<Record<string, readonly string[]>> = {
  v1: [
    'ConfigMap',
    'Endpoints',
    'Event',
    'PersistentVolumeClaim',
    'Pod',
    'ResourceQuota',
    'Secret',
    'Service',
    'ServiceAccount',
  ],
  'apps/v1': ['ControllerRevision', 'DaemonSet', 'Deployment', 'ReplicaSet', 'StatefulSet'],
  'batch/v1': ['CronJob', 'Job'],
  'coordination.k8s.io/v1': ['Lease'],
  'database.example.com/v1': ['Database'],
  'discovery.k8s.io/v1': ['EndpointSlice'],
  'events.k8s.io/v1': ['Event'],
  'networking.k8s.io/v1': ['Ingress', 'NetworkPolicy'],
  'policy/v1': ['PodDisruptionBudget'],
  'rbac.authorization.k8s.io/v1': ['Role', 'RoleBinding'],
}

const clusterKinds: Readonly<Record<string, readonly string[]>> = {
  v1: ['Namespace', 'Node', 'PersistentVolume'],
  'apiextensions.k8s.io/v1': ['CustomResourceDefinition'],
  'authentication.k8s.io/v1': ['SelfSubjectReview'],
  'authorization.k8s.io/v1': ['SelfSubjectAccessReview', 'SelfSubjectRulesReview'],
  'rbac.authorization.k8s.io/v1': ['ClusterRole', 'ClusterRoleBinding'],
  'scheduling.k8s.io/v1': ['PriorityClass'],
  'storage.k8s.io/v1': ['StorageClass'],
}

/** The mapping of a kind that every run meets, so that ordinary runs need no discovery request. */
export function builtInMapping(apiVersion: string, kind: string): KindMapping | undefined {
  const namespaced = namespacedKinds[apiVersion]?.includes(kind) ?? false
  if (!namespaced && clusterKinds[apiVersion]?.includes(kind) !== true) return undefined
  return { apiVersion, kind, plural: pluralOf(kind), namespaced }
}

/** Holds for the built-in kinds above, which a test compares with a real API server; other kinds are asked for. */
function pluralOf(kind: string): string {
  const singular = kind.toLowerCase()
  if (singular === 'endpoints') return singular
  if (singular.endsWith('y')) return `${singular.slice(0, -1)}ies`
  return /(?:s|x|ch|sh)$/.test(singular) ? `${singular}es` : `${singular}s`
}

/** Path of a group and version: `/api/v1`, `/apis/apps/v1`. */
export function groupPath(apiVersion: string): string {
  return apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`
}

/** What a path points at. Everything is percent-encoded as it is: capitals and colons of RBAC names are kept. */
export interface ResourceLocation {
  /** Ignored for cluster-scoped kinds; absent for a namespaced kind: all namespaces. */
  readonly namespace?: string | undefined
  readonly name?: string | undefined
  readonly subresource?: string | undefined
}

/** Path of a collection, an object or its sub-resource. */
export function resourcePath(mapping: KindMapping, location: ResourceLocation): string {
  const { namespace, name, subresource } = location
  const parts = [
    ...(mapping.namespaced && namespace !== undefined ? ['namespaces', namespace] : []),
    mapping.plural,
    ...(name === undefined ? [] : [name]),
    ...(subresource === undefined ? [] : [subresource]),
  ]
  return `${groupPath(mapping.apiVersion)}/${parts.map(encodeURIComponent).join('/')}`
}
