import { canonicalQuantity } from '../api/canonical-quantity.ts'

/**
 * What is known of the built-in kinds without asking for a schema. A test holds every name against the OpenAPI
 * document of a real server. Kinds of other groups get none of it: there a value is as it was written.
 */

/**
 * Groups whose kinds the API server keeps as typed structures: what is zero and may be left out is left out, and
 * quantities are written in their canonical form.
 */
const TYPED_GROUPS: ReadonlySet<string> = new Set([
  '',
  'admissionregistration.k8s.io',
  'apiextensions.k8s.io',
  'apps',
  'autoscaling',
  'batch',
  'coordination.k8s.io',
  'discovery.k8s.io',
  'networking.k8s.io',
  'node.k8s.io',
  'policy',
  'rbac.authorization.k8s.io',
  'scheduling.k8s.io',
  'storage.k8s.io',
])

/** Whether objects of this version are kept as typed structures. */
export function isTypedVersion(apiVersion: string): boolean {
  return TYPED_GROUPS.has(groupOf(apiVersion))
}

/** Whether values of this version may hold JSON that is kept to the letter (defaults and examples of a schema). */
export function holdsVerbatimJson(apiVersion: string): boolean {
  return groupOf(apiVersion) === 'apiextensions.k8s.io'
}

function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf('/')
  return slash === -1 ? '' : apiVersion.slice(0, slash)
}

/** Fields that hold a map or structure which has one owner as a whole, in every built-in kind that has them as such. */
export const ATOMIC_MAPS: ReadonlySet<string> = new Set([
  'configMapKeyRef',
  'dataSource',
  'fieldRef',
  'labelSelector',
  'namespaceSelector',
  'nodeSelector',
  'objectSelector',
  'podSelector',
  'preference',
  'requiredDuringSchedulingIgnoredDuringExecution',
  'resourceFieldRef',
  'roleRef',
  'scopeSelector',
  'secretKeyRef',
  'selector',
])

/** Fields that hold a map or structure whose fields have owners of their own, in every built-in kind. */
export const GRANULAR_MAPS: ReadonlySet<string> = new Set([
  'annotations',
  'data',
  'labels',
  'metadata',
  'resources',
  'securityContext',
  'strategy',
  'updateStrategy',
])

/** Lists whose items have owners of their own, in every built-in kind: of an empty one nothing is owned. */
export const ASSOCIATIVE_LISTS: ReadonlySet<string> = new Set([
  'env',
  'ephemeralContainers',
  'hostAliases',
  'initContainers',
  'ownerReferences',
  'topologySpreadConstraints',
  'volumeDevices',
  'volumeMounts',
  'volumes',
  'webhooks',
])

/** Lists each of whose items has one owner as a whole. */
export const LISTS_OF_ATOMIC_ITEMS: ReadonlySet<string> = new Set(['imagePullSecrets', 'ownerReferences', 'secrets'])

/** Fields that a built-in kind leaves out when they are zero, by what zero is to them. */
const OMITTED_ZEROS = {
  false: new Set([
    'hostIPC',
    'hostNetwork',
    'hostPID',
    'preserveUnknownFields',
    'publishNotReadyAddresses',
    'readOnly',
    'stdin',
    'stdinOnce',
    'tty',
  ]),
  number: new Set(['initialDelaySeconds', 'minReadySeconds', 'nodePort']),
  text: new Set([
    'externalName',
    'hostname',
    'loadBalancerIP',
    'medium',
    'mountPropagation',
    'nodeName',
    'serviceAccountName',
    'serviceName',
    'subPath',
    'subdomain',
    'volumeName',
    'workingDir',
  ]),
  list: new Set([
    'accessModes',
    'args',
    'command',
    'egress',
    'externalIPs',
    'ingress',
    'metrics',
    'resourceNames',
    'rules',
    'subjects',
    'tls',
    'tolerations',
    'volumeClaimTemplates',
  ]),
  map: new Set(['annotations', 'binaryData', 'data', 'labels', 'matchLabels', 'nodeSelector']),
} as const satisfies Record<string, ReadonlySet<string>>

/** The fields that are left out when they are zero, by what zero is to them. */
export const OMITTED: Readonly<Record<keyof typeof OMITTED_ZEROS, ReadonlySet<string>>> = OMITTED_ZEROS

/**
 * Whether a built-in kind leaves a field out that has this value: it is zero, and of the type of the field. An apply of
 * another type is refused by the server, zero or not.
 */
export function isOmittedZero(field: string, holder: string, value: unknown): boolean {
  if (value === null) return true
  if (value === false) return OMITTED.false.has(field)
  if (value === 0) return OMITTED.number.has(field)
  if (value === '') return OMITTED.text.has(field) || (field === 'value' && holder === 'env')
  if (Array.isArray(value)) return value.length === 0 && OMITTED.list.has(field)
  return typeof value === 'object' && Object.keys(value).length === 0 && OMITTED.map.has(field)
}

/** What the server takes for a key that an item of a list leaves out; `undefined` where it takes nothing. */
export function keyDefault(name: string): unknown {
  return name === 'protocol' ? 'TCP' : undefined
}

/** Fields that are quantities wherever a built-in kind has them. */
export const QUANTITIES: ReadonlySet<string> = new Set(['averageValue', 'divisor', 'sizeLimit', 'tolerance'])

/** Fields that are maps of quantities wherever a built-in kind has them as a map of plain values. */
export const QUANTITY_MAPS: ReadonlySet<string> = new Set([
  'capacity',
  'hard',
  'limits',
  'overhead',
  'podFixed',
  'requests',
])

/** Whether the server would store an amount as the text that it shows, given the field and the field that holds it. */
export function isStoredQuantity(field: string, holder: string, desired: unknown, live: unknown): boolean {
  if (typeof live !== 'string' || (typeof desired !== 'string' && typeof desired !== 'number')) return false
  return (QUANTITIES.has(field) || QUANTITY_MAPS.has(holder)) && canonicalQuantity(desired) === live
}

/** Fields with the values that the server adds where they are left out. */
export interface KnownDefaults {
  readonly [field: string]: unknown
}

/**
 * What the server adds inside of values that are owned as a whole, by the name of the field that holds them. The items
 * of a list have the defaults of the list. Nothing else may be added: it could be somebody's change.
 */
const DEFAULTS: Readonly<Record<string, KnownDefaults>> = {
  egress: { ports: { protocol: 'TCP' } },
  fieldRef: { apiVersion: 'v1' },
  ingress: { ports: { protocol: 'TCP' } },
  resourceFieldRef: { divisor: '0' },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io' },
  serviceAccountToken: { expirationSeconds: 3600 },
  volumeClaimTemplates: {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { creationTimestamp: null },
    spec: { volumeMode: 'Filesystem' },
    status: { phase: 'Pending' },
  },
}

/** The defaults of what a field holds. */
export function defaultsOf(field: string): KnownDefaults | undefined {
  return Object.hasOwn(DEFAULTS, field) ? DEFAULTS[field] : undefined
}
