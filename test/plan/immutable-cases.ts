/** Changes of fields that may not change, for every kind whose fields are known; made on a real server and from the record. */
import type { KubernetesObject } from '../../src/api/object.ts'

/** One change that the server refuses because the object exists already. */
export interface ImmutableCase {
  readonly title: string
  readonly before: KubernetesObject
  readonly after: KubernetesObject
  /** Paths of the fields that cannot change; empty where the refusal is not about such fields. */
  readonly fields: readonly string[]
}

/** What the server said to a change. */
export interface RecordedReply {
  readonly status: number
  readonly causes: readonly { readonly reason: string; readonly field: string }[]
  /** The object before, as it was stored. */
  readonly live: KubernetesObject
}

type Spec = Readonly<Record<string, unknown>>

const labels = { app: 'web' }
const podTemplate = { metadata: { labels }, spec: { containers: [{ name: 'web', image: 'web:1' }] } }

const claimTemplate = (spec: Spec = {}): object => ({
  metadata: { name: 'data' },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, ...spec },
})

const statefulSet = (spec: Spec = {}): KubernetesObject => ({
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: { name: 'web' },
  spec: {
    replicas: 0,
    serviceName: 'web',
    selector: { matchLabels: labels },
    template: podTemplate,
    volumeClaimTemplates: [claimTemplate()],
    ...spec,
  },
})

const object = (apiVersion: string, kind: string, rest: Spec): KubernetesObject => ({
  apiVersion,
  kind,
  metadata: { name: 'web' },
  ...rest,
})

const binding = (name: string): KubernetesObject =>
  object('rbac.authorization.k8s.io/v1', 'RoleBinding', {
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
    subjects: [{ kind: 'ServiceAccount', name: 'web' }],
  })

const service = (spec: Spec): KubernetesObject =>
  object('v1', 'Service', { spec: { selector: labels, ports: [{ port: 80 }], ...spec } })

const job = (image: string, spec: Spec = {}): KubernetesObject =>
  object('batch/v1', 'Job', {
    spec: {
      suspend: true,
      template: { spec: { restartPolicy: 'Never', containers: [{ name: 'web', image }] } },
      ...spec,
    },
  })

const claim = (spec: Spec = {}): KubernetesObject =>
  object('v1', 'PersistentVolumeClaim', {
    spec: {
      accessModes: ['ReadWriteOnce'],
      storageClassName: 'slow',
      resources: { requests: { storage: '2Gi' } },
      ...spec,
    },
  })

const workload = (kind: string, app: string): KubernetesObject =>
  object('apps/v1', kind, {
    spec: {
      ...(kind === 'Deployment' ? { replicas: 0 } : {}),
      selector: { matchLabels: { app } },
      template: { ...podTemplate, metadata: { labels: { app, tier: 'web' } } },
    },
  })

const frozen = (kind: string, value: string): KubernetesObject =>
  object('v1', kind, {
    immutable: true,
    data: { key: kind === 'Secret' ? Buffer.from(value).toString('base64') : value },
  })

/** All of them are accepted when they are new. */
export const IMMUTABLE_CASES: readonly ImmutableCase[] = [
  {
    title: 'a larger claim template',
    before: statefulSet(),
    after: statefulSet({ volumeClaimTemplates: [claimTemplate({ resources: { requests: { storage: '2Gi' } } })] }),
    fields: ['spec.volumeClaimTemplates'],
  },
  {
    title: 'another service name and another policy',
    before: statefulSet({ podManagementPolicy: 'Parallel' }),
    after: statefulSet({ serviceName: 'other', podManagementPolicy: 'OrderedReady' }),
    fields: ['spec.podManagementPolicy', 'spec.serviceName'],
  },
  {
    title: 'another selector of a StatefulSet',
    before: statefulSet(),
    after: statefulSet({
      selector: { matchLabels: { app: 'other' } },
      template: { ...podTemplate, metadata: { labels: { app: 'other' } } },
    }),
    fields: ['spec.selector'],
  },
  {
    title: 'a mutable field beside an immutable one',
    before: statefulSet(),
    after: statefulSet({ replicas: 1, serviceName: 'other' }),
    fields: ['spec.serviceName'],
  },
  {
    title: 'an immutable field and something that is simply wrong',
    before: statefulSet(),
    after: statefulSet({ serviceName: 'other', replicas: -1 }),
    fields: [],
  },
  { title: 'another role', before: binding('web'), after: binding('other'), fields: ['roleRef'] },
  {
    title: 'another cluster address',
    before: service({ clusterIP: 'None' }),
    after: service({ clusterIP: '10.0.0.77' }),
    fields: ['spec.clusterIP'],
  },
  {
    title: 'another pod of a Job',
    before: job('web:1'),
    after: job('web:2', { suspend: false }),
    fields: ['spec.template'],
  },
  {
    title: 'more completions of a Job',
    before: job('web:1', { completions: 1 }),
    after: job('web:1', { completions: 2 }),
    fields: ['spec.completions'],
  },
  {
    title: 'another selector of a Deployment',
    before: workload('Deployment', 'web'),
    after: workload('Deployment', 'other'),
    fields: ['spec.selector'],
  },
  {
    title: 'another selector of a DaemonSet',
    before: workload('DaemonSet', 'web'),
    after: workload('DaemonSet', 'other'),
    fields: ['spec.selector'],
  },
  {
    title: 'another class of a claim',
    before: claim(),
    after: claim({ storageClassName: 'fast' }),
    fields: ['spec.storageClassName'],
  },
  {
    title: 'another access mode of a claim',
    before: claim(),
    after: claim({ accessModes: ['ReadWriteMany'] }),
    fields: ['spec.accessModes'],
  },
  {
    title: 'a smaller claim',
    before: claim(),
    after: claim({ resources: { requests: { storage: '1Gi' } } }),
    fields: ['spec.resources.requests.storage'],
  },
  {
    title: 'data of a frozen ConfigMap',
    before: frozen('ConfigMap', 'a'),
    after: frozen('ConfigMap', 'b'),
    fields: ['data'],
  },
  { title: 'data of a frozen Secret', before: frozen('Secret', 'a'), after: frozen('Secret', 'b'), fields: ['data'] },
  {
    title: 'another type of a Secret',
    before: object('v1', 'Secret', { type: 'Opaque' }),
    after: object('v1', 'Secret', { type: 'example.com/other' }),
    fields: ['type'],
  },
]
