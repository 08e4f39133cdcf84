import type { DatabaseSpecInput } from '../../src/api/spec.ts'
import { BACKUP_CHANGES } from './backup-changes.ts'
import { MONITORING_CHANGES } from './monitoring-changes.ts'
import { PLACEMENT_CHANGES } from './placement-changes.ts'

/** Every kind that is written for a database. */
export const SYNTHESISED_KINDS: readonly { readonly apiVersion: string; readonly kind: string }[] = [
  { apiVersion: 'database.example.com/v1', kind: 'Database' },
  { apiVersion: 'v1', kind: 'ServiceAccount' },
  { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role' },
  { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'RoleBinding' },
  { apiVersion: 'v1', kind: 'Secret' },
  { apiVersion: 'v1', kind: 'ConfigMap' },
  { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy' },
  { apiVersion: 'apps/v1', kind: 'StatefulSet' },
  { apiVersion: 'v1', kind: 'Service' },
  { apiVersion: 'v1', kind: 'PersistentVolumeClaim' },
  { apiVersion: 'batch/v1', kind: 'CronJob' },
  { apiVersion: 'monitoring.coreos.com/v1', kind: 'PodMonitor' },
  { apiVersion: 'monitoring.coreos.com/v1', kind: 'PrometheusRule' },
  { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition' },
  { apiVersion: 'v1', kind: 'Namespace' },
]

/** A database that is small enough for every other one to differ from it. */
export const ORDERS: DatabaseSpecInput = {
  image: 'postgres:18.4-bookworm',
  databaseName: 'orders',
  username: 'orders_app',
  storage: { size: '10Gi' },
}

/** One change of one field: what the spec was and what it becomes, as changes of `ORDERS`. */
export interface SpecChange {
  /** The field, as the schema names it: `any` for a key of a map, `[0]` for an item of a list. */
  readonly field: string
  readonly before: Partial<DatabaseSpecInput>
  readonly after: Partial<DatabaseSpecInput>
}

const change = (field: string, before: Partial<DatabaseSpecInput>, after: Partial<DatabaseSpecInput>): SpecChange => ({
  field,
  before,
  after,
})

const byDigest = (postgresVersion: '17' | '18'): Partial<DatabaseSpecInput> => ({
  image: `registry.internal:5000/team/postgres@sha256:${'ab'.repeat(32)}`,
  postgresVersion,
})

const memory = (side: 'requests' | 'limits', amount: string): Partial<DatabaseSpecInput> => ({
  resources: { requests: { memory: '256Mi' }, limits: { memory: '1Gi' }, [side]: { memory: amount } },
})

const cpu = (side: 'requests' | 'limits', amount: string): Partial<DatabaseSpecInput> => ({
  resources: { requests: { cpu: '100m' }, limits: { cpu: '2' }, [side]: { cpu: amount } },
})

const secret = (name: string, passwordKey?: string): Partial<DatabaseSpecInput> => ({
  credentials: { existingSecret: { name, ...(passwordKey === undefined ? {} : { passwordKey }) } },
})

const allowFrom = (
  peer: NonNullable<NonNullable<DatabaseSpecInput['network']>['allowFrom']>[number],
): Partial<DatabaseSpecInput> => ({ network: { allowFrom: [peer] } })

const dependsOn = (object: object): Partial<DatabaseSpecInput> => ({
  dependencies: [{ object: { apiVersion: 'v1', kind: 'ConfigMap', name: 'a', ...object } }],
})

/** At least one change of every field of `spec`. */
export const SPEC_CHANGES: readonly SpecChange[] = [
  change('spec.image', {}, { image: 'postgres:18.5-bookworm' }),
  change('spec.image', {}, { image: 'postgres:17.5-bookworm' }),
  change('spec.image', {}, { image: 'postgres:18.4-alpine3.20' }),
  change('spec.postgresVersion', {}, { postgresVersion: '18' }),
  change('spec.postgresVersion', byDigest('18'), byDigest('17')),
  change('spec.replicas', {}, { replicas: 2 }),
  change('spec.replicas', { replicas: 2 }, { replicas: 3 }),
  change('spec.databaseName', {}, { databaseName: 'other' }),
  change('spec.username', {}, { username: 'other_app' }),
  change('spec.storage.size', {}, { storage: { size: '100Gi' } }),
  change('spec.storage.size', {}, { storage: { size: '10240Mi' } }),
  change('spec.storage.size', {}, { storage: { size: '1Gi' } }),
  change('spec.storage.layout', {}, { storage: { size: '10Gi', layout: 'legacy' } }),
  change(
    'spec.storage.claimTemplate',
    { storage: { size: '10Gi', layout: 'legacy' } },
    { storage: { size: '10Gi', layout: 'legacy', claimTemplate: 'db' } },
  ),
  change('spec.storage.storageClassName', {}, { storage: { size: '10Gi', storageClassName: 'fast' } }),
  change('spec.resources.requests.cpu', cpu('requests', '200m'), cpu('requests', '300m')),
  change('spec.resources.requests.memory', memory('requests', '300Mi'), memory('requests', '400Mi')),
  change('spec.resources.limits.cpu', cpu('limits', '1'), cpu('limits', '2')),
  change('spec.resources.limits.memory', memory('limits', '2Gi'), memory('limits', '4Gi')),
  change('spec.resources.limits.memory', {}, { resources: { limits: { memory: '4Gi' } } }),
  ...PLACEMENT_CHANGES,
  ...BACKUP_CHANGES,
  change('spec.resources.requests.cpu', cpu('requests', '200m'), cpu('requests', '0.2')),
  change('spec.resources.requests.memory', memory('requests', '1Gi'), memory('requests', '1024Mi')),
  change('spec.resources.limits.cpu', cpu('limits', '2'), cpu('limits', '2000m')),
  change('spec.resources.limits.memory', memory('limits', '1Gi'), memory('limits', '1024Mi')),
  ...MONITORING_CHANGES,
  change('spec.parameters.any', {}, { parameters: { max_connections: '200' } }),
  change('spec.parameters.any', { parameters: { work_mem: '4MB' } }, { parameters: { work_mem: '8MB' } }),
  change('spec.parameters.any', {}, { parameters: { jit: 'on' } }),
  change('spec.parameters.any', {}, { parameters: { 'pg_stat_statements.max': '100' } }),
  change('spec.parameters.any', {}, { parameters: { 'auto_explain.log_min_duration': '1s' } }),
  change('spec.parameters.any', {}, { parameters: { max_wal_size: '2GB' } }),
  change('spec.parameters.any', { parameters: { work_mem: '4MB' } }, {}),
  change('spec.credentials.existingSecret.name', {}, secret('from-vault')),
  change('spec.credentials.existingSecret.name', secret('a'), secret('b')),
  change('spec.credentials.existingSecret.passwordKey', secret('a', 'x'), secret('a', 'y')),
  change('spec.credentials.existingSecret.passwordKey', secret('a'), secret('a', 'password')),
  change(
    'spec.network.allowFrom[0].podSelector.matchLabels.any',
    {},
    allowFrom({ podSelector: { matchLabels: { app: 'shop' } } }),
  ),
  change(
    'spec.network.allowFrom[0].namespaceSelector.matchLabels.any',
    allowFrom({ namespaceSelector: { matchLabels: { team: 'a' } } }),
    allowFrom({ namespaceSelector: { matchLabels: { team: 'b' } } }),
  ),
  change('spec.dependencies[0].object.apiVersion', dependsOn({}), dependsOn({ apiVersion: 'v2' })),
  change('spec.dependencies[0].object.kind', dependsOn({}), dependsOn({ kind: 'Secret' })),
  change('spec.dependencies[0].object.name', dependsOn({}), dependsOn({ name: 'b' })),
  change('spec.dependencies[0].object.condition', dependsOn({}), dependsOn({ condition: 'Ready' })),
  change('spec.dependencies[0].address', {}, { dependencies: [{ address: 'vault.vault.svc:8200' }] }),
  change('spec.handedOver[0]', {}, { handedOver: ['statefulSet.resources'] }),
  change(
    'spec.handedOver[0]',
    { handedOver: ['service.type'] },
    { handedOver: ['networkPolicy.ingress', 'statefulSet.replicas'] },
  ),
  change('spec.tls.secretName', {}, { tls: { secretName: 'orders-tls' } }),
  change('spec.tls.secretName', { tls: { secretName: 'a' } }, { tls: { secretName: 'b' } }),
  change('spec.deletionPolicy', {}, { deletionPolicy: 'Delete' }),
  change('spec.deletionPolicy', { deletionPolicy: 'Delete' }, {}),
  change('spec.deletionProtection', {}, { deletionProtection: true }),
  change('spec.paused', {}, { paused: true }),
]
