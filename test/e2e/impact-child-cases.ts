/** Changes of single fields of what a database consists of, as somebody would make them in rendered manifests. */
import { RESTART_HASH_ANNOTATION, ROTATE_ANNOTATION } from '../../src/api/group.ts'
import type { DatabaseSpecInput } from '../../src/api/spec.ts'

/** One changed field. `from` where it must first have another value than synthesis gives it. */
export interface FieldCase {
  readonly kind: string
  readonly field: string
  /** `undefined` takes the field out. */
  readonly to: unknown
  readonly from?: unknown
  readonly flags?: readonly string[]
  /** What the Database asks for, where the object comes of that. */
  readonly spec?: Partial<DatabaseSpecInput>
  /** Name of the object, where there are several of its kind: what follows the database's own. */
  readonly suffix?: string
  /** The volume belongs to this user meanwhile, as to the image's. Takes a test that is run as root. */
  readonly owner?: number
}

const RECREATE = ['--recreate'] as const
const LABEL = 'metadata.labels.team'
const TEMPLATE = 'spec.template.spec'
const CLAIM_SIZE = 'spec.volumeClaimTemplates[0].spec.resources.requests.storage'

const of =
  (kind: string) =>
  (field: string, to: unknown, more: Partial<FieldCase> = {}): FieldCase => ({ kind, field, to, ...more })
const [statefulSet, configMap, service, secret] = [of('StatefulSet'), of('ConfigMap'), of('Service'), of('Secret')]
const claim = of('PersistentVolumeClaim')

/** The user of PostgreSQL in images of Alpine. */
const ALPINE = { owner: 70 } as const
const BACKED_UP = { spec: { backup: { schedule: '30 2 * * *', storage: { size: '20Gi' } } } } as const
const MONITORED = { spec: { monitoring: {} } } as const
const REPLICATED = { spec: { replicas: 2 } } as const

/** A case is one line; a row of the impact table without one is told by the last test of `impact.test.ts`. */
export const CHILD_CASES: readonly FieldCase[] = [
  of('Database')(LABEL, 'shop'),
  of('Database')(`metadata.annotations["${ROTATE_ANNOTATION}"]`, 'monday'),
  configMap(LABEL, 'shop'),
  configMap('data["unknown.txt"]', 'text'),
  configMap('binaryData.file', 'AAAA'),
  configMap('immutable', false),

  service(LABEL, 'shop'),
  service('spec.selector.team', 'shop'),
  service('spec.ports[0].name', 'sql'),
  service('spec.clusterIP', '10.96.250.250'),
  service('spec.clusterIPs', ['10.96.250.250']),
  service('spec.sessionAffinity', 'ClientIP'),

  secret(LABEL, 'shop'),
  secret('data.more', 'bW9yZQ=='),
  secret('stringData.more', 'more'),
  secret('data.password', 'YW5vdGhlcg=='),
  secret('type', 'Opaque'),
  secret('immutable', false),

  of('NetworkPolicy')(LABEL, 'shop'),
  of('NetworkPolicy')('spec.ingress', []),
  of('ServiceAccount')(LABEL, 'shop'),
  of('ServiceAccount')('automountServiceAccountToken', true),
  of('ServiceAccount')('secrets', [{ name: 'one' }]),
  of('ServiceAccount')('imagePullSecrets', [{ name: 'registry' }]),
  of('Role')(LABEL, 'shop'),
  of('Role')('rules', [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }]),
  of('RoleBinding')(LABEL, 'shop'),
  of('RoleBinding')('subjects[0].name', 'default'),
  of('RoleBinding')('roleRef.name', 'other', { flags: RECREATE }),

  of('CronJob')(LABEL, 'shop', BACKED_UP),
  of('CronJob')('spec.schedule', '@hourly', BACKED_UP),
  of('PodMonitor')(LABEL, 'shop', MONITORED),
  of('PodMonitor')('spec.podMetricsEndpoints[0].interval', '10s', MONITORED),
  of('PrometheusRule')(LABEL, 'shop', MONITORED),
  of('PrometheusRule')('spec.groups[0].interval', '1m', MONITORED),
  of('PodDisruptionBudget')(LABEL, 'shop', REPLICATED),
  of('PodDisruptionBudget')('spec.maxUnavailable', 2, REPLICATED),
  of('Namespace')(LABEL, 'shop'),
  of('CustomResourceDefinition')(LABEL, 'shop'),
  of('CustomResourceDefinition')('spec.names.categories', ['databases']),

  claim(LABEL, 'shop'),
  claim('spec.resources.requests.storage', '10240Mi'),
  claim('spec.resources.requests.storage', '1Gi'),
  claim('spec.resources.requests.storage', '20Gi'),
  claim('spec.accessModes', ['ReadWriteMany']),
  claim('spec.storageClassName', 'other'),
  claim('spec.volumeMode', 'Block'),
  claim('spec.volumeName', 'other'),
  claim('spec.selector', { matchLabels: { a: 'b' } }),
  claim('spec.dataSource', { kind: 'PersistentVolumeClaim', name: 'other' }),

  statefulSet(LABEL, 'shop'),
  statefulSet(`${TEMPLATE}.containers[0].image`, 'postgres:14.20-bookworm'),
  statefulSet(`${TEMPLATE}.initContainers[0].image`, 'postgres:14.20-bookworm'),
  statefulSet(`${TEMPLATE}.containers[0].image`, 'postgres:18.5-bookworm'),
  statefulSet(`${TEMPLATE}.initContainers[0].image`, 'postgres:18.5-bookworm'),
  statefulSet(`${TEMPLATE}.containers[0].image`, 'postgres:18.4-alpine3.22', ALPINE),
  statefulSet(`${TEMPLATE}.initContainers[0].image`, 'postgres:18.4-alpine3.22', ALPINE),
  statefulSet(`${TEMPLATE}.terminationGracePeriodSeconds`, 301),
  statefulSet(`spec.template.metadata.annotations["${RESTART_HASH_ANNOTATION}"]`, 'another'),
  statefulSet('spec.replicas', 0),
  statefulSet('spec.replicas', 1, { from: 0 }),
  statefulSet('spec.replicas', 2, { ...REPLICATED, suffix: '-standby' }),
  statefulSet(CLAIM_SIZE, '10240Mi', { flags: RECREATE }),
  statefulSet(CLAIM_SIZE, '1Gi'),
  statefulSet('spec.volumeClaimTemplates[0].metadata.labels.team', 'shop', { flags: RECREATE }),
  statefulSet('spec.volumeClaimTemplates[0].metadata.annotations.team', 'shop', { flags: RECREATE }),
  statefulSet('spec.volumeClaimTemplates[0].status.phase', 'Lost', { flags: RECREATE }),
  statefulSet('spec.volumeClaimTemplates[0].spec.accessModes', ['ReadWriteMany']),
  statefulSet('spec.persistentVolumeClaimRetentionPolicy.whenDeleted', 'Delete'),
  statefulSet('spec.persistentVolumeClaimRetentionPolicy.whenScaled', 'Delete'),
  statefulSet('spec.persistentVolumeClaimRetentionPolicy.whenScaled', 'Retain', { from: 'Delete' }),
  statefulSet('spec.selector.matchLabels.team', 'shop'),
  statefulSet('spec.serviceName', 'other', { flags: RECREATE }),
  statefulSet('spec.podManagementPolicy', 'OrderedReady', { flags: RECREATE }),
  statefulSet('spec.updateStrategy.rollingUpdate.partition', 0),
  statefulSet('spec.minReadySeconds', 1),
  statefulSet('spec.revisionHistoryLimit', 3),
  statefulSet('spec.ordinals.start', 1),
]
