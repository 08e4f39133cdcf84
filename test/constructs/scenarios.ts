import { Size } from 'cdk8s'
import { Cpu } from 'cdk8s-plus-28'
import type { DatabaseProps } from '../../src/constructs/props.ts'

const ORDERS = {
  image: 'postgres:18.4-trixie',
  databaseName: 'orders',
  username: 'orders_app',
  storage: { size: Size.gibibytes(10) },
} as const

/** Props by the name of the golden manifest, which is also the name of the database. */
export const SCENARIOS: Readonly<Record<string, DatabaseProps>> = {
  /** The exercise's own manifest: what a hand-written Database expands to. */
  'test-db': {
    image: 'postgres:14',
    replicas: 1,
    databaseName: 'mydb',
    username: 'admin',
    storage: { size: '10Gi' },
  },
  orders: ORDERS,
  alpine: { ...ORDERS, image: 'postgres:16.9-alpine3.22' },
  tuned: {
    ...ORDERS,
    storage: { size: Size.tebibytes(1), storageClassName: 'fast-ssd' },
    resources: {
      requests: { cpu: Cpu.units(2), memory: Size.gibibytes(4) },
      limits: { cpu: '4', memory: '8Gi' },
    },
    parameters: { max_connections: 300, log_statement: 'ddl', jit: true, search_path: `"$user", 'o''brien'` },
  },
  'existing-secret': {
    ...ORDERS,
    credentials: { existingSecret: { name: 'from-vault', passwordKey: 'postgres-password' } },
  },
  'external-secret': { ...ORDERS, credentials: { externalSecret: true } },
  'tls-secret': { ...ORDERS, tls: { secretName: 'orders-certificate' } },
  'tls-cert-manager': {
    ...ORDERS,
    tls: {
      certManager: { issuer: { name: 'internal', kind: 'ClusterIssuer' }, duration: '2160h', renewBefore: '720h' },
    },
  },
  'allow-from': {
    ...ORDERS,
    network: {
      allowFrom: [
        { podSelector: { matchLabels: { 'app.kubernetes.io/name': 'shop' } } },
        { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'reports' } } },
        {
          namespaceSelector: { matchLabels: { team: 'data' } },
          podSelector: { matchLabels: { role: 'exporter' } },
        },
      ],
    },
  },
  legacy: {
    ...ORDERS,
    image: 'postgres:16.9-bookworm',
    storage: { size: '10Gi', layout: 'legacy', claimTemplate: 'pgdata' },
    credentials: { existingSecret: { name: 'orders-password' } },
  },
  dependent: {
    ...ORDERS,
    image: `registry.internal:5000/team/postgres@sha256:${'ab'.repeat(32)}`,
    postgresVersion: '17',
    dependencies: [
      { address: 'vault.vault.svc:8200' },
      { object: { apiVersion: 'cert-manager.io/v1', kind: 'Certificate', name: 'orders', condition: 'Ready' } },
    ],
    deletionPolicy: 'Delete',
    paused: true,
    labels: { team: 'shop' },
    annotations: { 'example.com/owner': 'shop@example.com' },
  },
  placed: {
    ...ORDERS,
    placement: {
      nodeSelector: { 'node.example.com/pool': 'databases' },
      tolerations: [
        { key: 'dedicated', value: 'databases', effect: 'NoSchedule' },
        { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 60 },
        { key: 'spot', value: '', effect: 'PreferNoSchedule' },
      ],
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [
              {
                matchExpressions: [
                  { key: 'kubernetes.io/arch', operator: 'In', values: ['amd64', 'arm64'] },
                  { key: 'example.com/cores', operator: 'Gt', values: ['8'] },
                ],
              },
            ],
          },
          preferredDuringSchedulingIgnoredDuringExecution: [
            { weight: 10, preference: { matchExpressions: [{ key: 'example.com/nvme', operator: 'Exists' }] } },
          ],
        },
        podAntiAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: [
            {
              topologyKey: 'kubernetes.io/hostname',
              labelSelector: { matchLabels: { 'app.kubernetes.io/name': 'postgresql' } },
              namespaceSelector: { matchLabels: {} },
            },
          ],
          preferredDuringSchedulingIgnoredDuringExecution: [],
        },
      },
      topologySpreadConstraints: [
        { topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'DoNotSchedule' },
        { topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'ScheduleAnyway', maxSkew: 2 },
      ],
      priorityClassName: 'databases',
    },
  },
  'backed-up': {
    ...ORDERS,
    credentials: { existingSecret: { name: 'from-vault', passwordKey: 'pw' } },
    placement: { nodeSelector: { pool: 'databases' }, tolerations: [{ key: 'dedicated', operator: 'Exists' }] },
    backup: {
      schedule: '30 2 * * *',
      timeZone: 'Europe/Berlin',
      retention: { count: 14, days: 30 },
      storage: { size: Size.gibibytes(20), storageClassName: 'slow' },
      resources: { limits: { memory: Size.gibibytes(1) } },
      volumeSnapshot: { className: 'fast', schedule: '0 */6 * * *' },
    },
  },
  monitored: {
    ...ORDERS,
    monitoring: { labels: { release: 'kube-prometheus-stack' } },
  },
  'handed-over': {
    ...ORDERS,
    handedOver: ['statefulSet.replicas', 'statefulSet.resources', 'service.type', 'networkPolicy.ingress'],
  },
  'three-replicas': { ...ORDERS, replicas: 3 },
  reconciled: { ...ORDERS, children: 'reconciled' },
}
