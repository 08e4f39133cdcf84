/** Waiting for what belongs to no database: real controllers, a node that runs pods, and the API server's own record. */
import { beforeAll, describe, expect, test } from 'vitest'
import { FIELD_MANAGER } from '../../src/api/group.ts'
import { referenceOf } from '../../src/api/object.ts'
import type { KubernetesObject } from '../../src/api/object.ts'
import { waitForObjects } from '../../src/applier/waiting/waiting.ts'
import type { WaitOptions, WaitOutcome, WaitProgress } from '../../src/applier/waiting/waiting.ts'
import type { AuditEvent } from '../cluster/audit-log.ts'
import { createNamespace, useCluster } from '../cluster/shared.ts'
import { clusterApi } from './prune-run.ts'

const cluster = await useCluster()
const api = await clusterApi(cluster.kubeconfig)

interface Waited {
  readonly outcomes: readonly WaitOutcome[]
  readonly told: readonly WaitProgress[]
  readonly warnings: readonly string[]
}

async function applyAndWait(
  objects: readonly KubernetesObject[],
  options: Partial<WaitOptions> & { readonly timeoutMs?: number } = {},
): Promise<Waited> {
  const live: KubernetesObject[] = []
  for (const object of objects) live.push(await api.apply(object, { manager: FIELD_MANAGER }))
  const told: WaitProgress[] = []
  const warnings: string[] = []
  const outcomes = await waitForObjects(api, live, {
    deadline: AbortSignal.timeout(options.timeoutMs ?? 40_000),
    interrupt: new AbortController().signal,
    now: Date.now,
    patienceMs: 3000,
    onWaiting: (progress) => told.push(progress),
    onWarning: (message) => warnings.push(message),
    ...options,
  })
  expect(outcomes.map(({ object }) => object)).toEqual(live.map(referenceOf))
  return { outcomes, told, warnings }
}

const words = ({ outcomes }: Waited): string[] =>
  outcomes.map((outcome) => `${outcome.object.kind} ${outcome.type} ${outcome.exitCode}`)

const SLEEP = ['sleep', '600']
const image = 'postgres:14'
const container = (command: readonly string[], more: object = {}): object => ({
  name: 'main',
  image,
  command,
  terminationMessagePolicy: 'FallbackToLogsOnError',
  ...more,
})

/** No controller here takes the taint off that every new node gets. */
const tolerant = { tolerations: [{ operator: 'Exists' }] }

const template = (app: string, containers: readonly object[], more: object = {}): object => ({
  metadata: { labels: { app } },
  spec: { terminationGracePeriodSeconds: 0, containers, ...more },
})

function workload(
  namespace: string,
  kind: 'Deployment' | 'StatefulSet' | 'DaemonSet',
  name: string,
  containers: readonly object[],
  spec: object = {},
  podSpec: object = {},
): KubernetesObject {
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name, namespace },
    spec: {
      ...(kind === 'StatefulSet' ? { serviceName: name } : {}),
      selector: { matchLabels: { app: name } },
      template: template(name, containers, podSpec),
      ...spec,
    },
  }
}

const job = (namespace: string, name: string, command: readonly string[]): KubernetesObject => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name, namespace },
  spec: { backoffLimit: 0, template: template(name, [container(command)], { restartPolicy: 'Never' }) },
})

const claim = (namespace: string, name: string, storageClassName?: string): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name, namespace },
  spec: {
    accessModes: ['ReadWriteOnce'],
    resources: { requests: { storage: '1Mi' } },
    ...(storageClassName === undefined ? {} : { storageClassName }),
  },
})

const configMap = (namespace: string, name: string): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace },
  data: { value: 'one' },
})

/** A Service that waits for somebody to balance its load; nobody here does. */
const loadBalancer = (namespace: string, name: string): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace },
  spec: { type: 'LoadBalancer', allocateLoadBalancerNodePorts: false, ports: [{ port: 80 }] },
})

/** Does for a Service what a cloud would do. */
async function balance(namespace: string, name: string): Promise<void> {
  const { status } = await cluster.request('PATCH', `/api/v1/namespaces/${namespace}/services/${name}/status`, {
    body: { status: { loadBalancer: { ingress: [{ ip: '192.0.2.1' }] } } },
    contentType: 'application/merge-patch+json',
  })
  expect(status).toBe(200)
}

interface Begun {
  readonly namespace: string
  readonly waited: Promise<Waited>
}

/** Begins every case side by side, each in a namespace of its own, before the first test that looks at one. */
function beginAll<Case extends readonly [title: string, ...rest: readonly unknown[]]>(
  prefix: string,
  cases: readonly Case[],
  begin: (namespace: string, one: Case) => Promise<Waited>,
): { of(title: string): Begun } {
  const begun = new Map<string, Begun>()
  beforeAll(async () => {
    const namespaces = await Promise.all(cases.map(() => createNamespace(cluster, prefix)))
    for (const [index, one] of cases.entries()) {
      const namespace = namespaces[index] ?? ''
      const waited = begin(namespace, one)
      // Told by the test of its own.
      waited.catch(() => undefined)
      begun.set(one[0], { namespace, waited })
    }
  })
  return {
    of: (title) => {
      const found = begun.get(title)
      if (found === undefined) throw new Error(`${title} was not begun`)
      return found
    },
  }
}

/** Requests of this program in a namespace, `verb resource`, writes left out. */
async function reads(namespace: string): Promise<Record<string, number>> {
  const ours = (event: AuditEvent): boolean =>
    event.userAgent?.startsWith('cdk8s-database') === true &&
    event.objectRef?.namespace === namespace &&
    ['get', 'list', 'watch'].includes(event.verb)
  const events = (await cluster.auditEvents()).filter(ours)
  const keys = events.map(({ verb, objectRef }) => `${verb} ${objectRef?.resource}`)
  return Object.fromEntries([...Map.groupBy(keys, (key) => key)].map(([key, all]) => [key, all.length]))
}

describe('what gets ready', () => {
  test('is waited for, each kind by its own rules', async () => {
    const namespace = await createNamespace(cluster, 'wait')
    const mounted = { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'used' } }] }
    const started = Date.now()
    const waited = await applyAndWait([
      configMap(namespace, 'settings'),
      claim(namespace, 'used'),
      claim(namespace, 'unused'),
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'web', namespace },
        spec: { selector: { app: 'web' }, ports: [{ port: 80 }] },
      },
      workload(namespace, 'Deployment', 'web', [container(SLEEP)], { replicas: 2, minReadySeconds: 2 }),
      workload(namespace, 'StatefulSet', 'store', [container(SLEEP)], { minReadySeconds: 2 }, mounted),
      workload(namespace, 'DaemonSet', 'agent', [container(SLEEP)], {}, tolerant),
      job(namespace, 'migration', ['true']),
    ])
    expect(words(waited)).toEqual(
      [
        'ConfigMap',
        'PersistentVolumeClaim',
        'PersistentVolumeClaim',
        'Service',
        'Deployment',
        'StatefulSet',
        'DaemonSet',
        'Job',
      ].map((kind) => `${kind} current 0`),
    )
    expect(waited.outcomes.map((outcome) => outcome.message)).toEqual([
      '',
      'bound',
      'is bound once a pod uses it',
      '',
      '2/2 available',
      '1/1 ready',
      '1/1 available',
      '1/1 completed',
    ])
    expect(Date.now() - started).toBeGreaterThan(2000)
    expect(waited.warnings).toEqual([])
  })

  test('costs one LIST and one WATCH for fifty objects of a kind, and nothing where all are ready', async () => {
    const namespace = await createNamespace(cluster, 'count')
    const names = Array.from({ length: 50 }, (_, index) => `web-${index}`)
    const objects = names.flatMap((name) => [loadBalancer(namespace, name), configMap(namespace, name)])
    // For a clock that stands still nothing is slow, and nothing is read to explain why.
    const waiting = applyAndWait(objects, { now: () => 0 })
    // None has a balancer before they were listed: what makes them ready comes by the watch.
    await expect.poll(() => reads(namespace), { timeout: 60_000 }).toEqual({ 'list services': 1 })
    await Promise.all(names.map((name) => balance(namespace, name)))
    const waited = await waiting
    expect(new Set(words(waited))).toEqual(new Set(['Service current 0', 'ConfigMap current 0']))
    // The server records a watch when it ends.
    const counted = { 'list services': 1, 'watch services': 1 }
    await expect.poll(() => reads(namespace), { timeout: 30_000 }).toEqual(counted)
    const again = await Promise.all(objects.map((object) => api.apply(object, { manager: FIELD_MANAGER })))
    await waitForObjects(api, again, {
      deadline: AbortSignal.timeout(1),
      interrupt: AbortSignal.timeout(60_000),
      now: Date.now,
    })
    expect(await reads(namespace)).toEqual(counted)
  })
})

describe('what cannot get better', () => {
  const failures: readonly (readonly [
    title: string,
    make: (namespace: string) => readonly KubernetesObject[],
    reason: string,
    message: RegExp,
  ])[] = [
    [
      'an image name that is none',
      (namespace) => [workload(namespace, 'Deployment', 'web', [container(SLEEP, { image: 'Not An Image' })])],
      'InvalidImageName',
      /Pod web-\S+, container main \(Not An Image\)/,
    ],
    [
      'an image that the registry does not have',
      (namespace) => [
        workload(namespace, 'DaemonSet', 'web', [container(SLEEP, { image: 'postgres:14.99' })], {}, tolerant),
      ],
      'ErrImagePull',
      /postgres:14\.99.*not found/,
    ],
    [
      'a container that keeps exiting',
      (namespace) => [
        workload(namespace, 'StatefulSet', 'web', [container(['sh', '-c', 'echo no such option >&2; exit 3'])]),
      ],
      'CrashLoopBackOff',
      /Pod web-0, container main .* exited with code 3: no such option/,
    ],
    [
      'a Secret that nobody brings',
      (namespace) => [
        workload(namespace, 'Deployment', 'web', [container(SLEEP, { envFrom: [{ secretRef: { name: 'missing' } }] })]),
      ],
      'CreateContainerConfigError',
      /secret "missing" not found/,
    ],
    [
      'a job that fails',
      (namespace) => [job(namespace, 'migration', ['sh', '-c', 'echo relation exists >&2; exit 4'])],
      'BackoffLimitExceeded',
      /backoff limit.*exited with code 4: relation exists/,
    ],
    [
      'a quota that is used up',
      (namespace) => [
        {
          apiVersion: 'v1',
          kind: 'ResourceQuota',
          metadata: { name: 'small', namespace },
          spec: { hard: { pods: '0' } },
        },
        workload(namespace, 'Deployment', 'web', [container(SLEEP)]),
        workload(namespace, 'StatefulSet', 'store', [container(SLEEP)]),
      ],
      'FailedCreate',
      /(Deployment web|StatefulSet store) cannot create its pods: .*exceeded quota: small/,
    ],
  ]

  const waits = beginAll('hopeless', failures, (namespace, [, make]) =>
    applyAndWait(make(namespace), { timeoutMs: 50_000 }),
  )

  test.each(failures)('%s ends its wait with exit code 1 and the cause', async (title, _make, reason, message) => {
    const { namespace, waited } = waits.of(title)
    const { outcomes, told } = await waited
    const failed = outcomes.filter((outcome) => outcome.type !== 'current')
    expect(failed.length).toBeGreaterThan(0)
    for (const outcome of failed) {
      expect(outcome).toMatchObject({ type: 'failed', exitCode: 1, reason })
      expect(outcome.message).toMatch(message)
      expect('remedy' in outcome && outcome.remedy).toMatch(new RegExp(`kubectl -n ${namespace} (describe|logs) `))
    }
    if (reason !== 'InvalidImageName') expect(told.length).toBeGreaterThan(0)
  })

  test('a definition whose names belong to another one is refused at once', async () => {
    const suffix = (await createNamespace(cluster, 'names')).replace('names-', 'x')
    const definition = (plural: string, kind: string): KubernetesObject => ({
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: `${plural}.${suffix}.example.com` },
      spec: {
        group: `${suffix}.example.com`,
        scope: 'Namespaced',
        names: { plural, kind },
        versions: [
          {
            name: 'v1',
            served: true,
            storage: true,
            subresources: { status: {} },
            schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
          },
        ],
      },
    })
    const first = await applyAndWait([definition('widgets', 'Widget')])
    expect(words(first)).toEqual(['CustomResourceDefinition current 0'])
    const second = await applyAndWait([definition('gadgets', 'Widget')])
    expect(second.outcomes).toMatchObject([
      {
        type: 'failed',
        exitCode: 1,
        reason: expect.stringMatching(/Conflict$/),
        message: expect.stringContaining('already in use'),
      },
    ])
    const namespace = await createNamespace(cluster, 'nobody')
    const widget: KubernetesObject = {
      apiVersion: `${suffix}.example.com/v1`,
      kind: 'Widget',
      metadata: { name: 'one', namespace },
      spec: {},
    }
    const alone = await applyAndWait([widget], { timeoutMs: 1500 })
    expect(alone.outcomes).toMatchObject([
      { type: 'timeout', exitCode: 4, reason: 'NoStatusYet', message: 'no controller has written a status yet' },
    ])
    for (const plural of ['widgets', 'gadgets'])
      await cluster.kubectl(['delete', 'crd', `${plural}.${suffix}.example.com`, '--wait=false'])
  })
})

describe('what is not ready in time', () => {
  const causes: readonly (readonly [
    title: string,
    make: (namespace: string) => KubernetesObject,
    reason: string,
    message: RegExp,
  ])[] = [
    [
      'a pod that fits on no node',
      (namespace) =>
        workload(namespace, 'Deployment', 'web', [container(SLEEP, { resources: { requests: { cpu: '4000' } } })]),
      'Unschedulable',
      /Pod web-\S+ cannot be scheduled: .*cpu/i,
    ],
    [
      'a probe that says no',
      (namespace) =>
        workload(namespace, 'Deployment', 'web', [
          container(SLEEP, { readinessProbe: { exec: { command: ['false'] }, periodSeconds: 1 } }),
        ]),
      'PodNotReady',
      /Pod web-\S+: Readiness probe failed/,
    ],
    [
      'a claim without a class',
      (namespace) =>
        workload(namespace, 'StatefulSet', 'web', [container(SLEEP)], {
          volumeClaimTemplates: [{ ...claim(namespace, 'data', 'nowhere'), metadata: { name: 'data' } }],
        }),
      'ProvisioningFailed',
      /PersistentVolumeClaim data-web-0 cannot be provisioned: .*"nowhere"/,
    ],
    [
      'a load balancer that nobody makes',
      (namespace) => loadBalancer(namespace, 'web'),
      'LoadBalancerPending',
      /no load balancer/,
    ],
  ]

  const waits = beginAll('late', causes, (namespace, [, make]) =>
    applyAndWait([make(namespace), configMap(namespace, 'settings')], { timeoutMs: 12_000, patienceMs: 60_000 }),
  )

  test.each(causes)('%s ends with exit code 4 and the cause', async (title, _make, reason, message) => {
    const { outcomes, told } = await waits.of(title).waited
    expect(outcomes).toMatchObject([{ type: 'timeout', exitCode: 4, reason }, { type: 'current' }])
    expect(outcomes[0]?.message).toMatch(message)
    expect(told.map((progress) => progress.reason)).toContain(reason)
    // A reason is told when it is another one.
    for (const [index, progress] of told.entries()) expect(progress.reason).not.toBe(told[index - 1]?.reason)
  })

  test('an interrupt ends the wait at once and says that a new run goes on from there', async () => {
    const namespace = await createNamespace(cluster, 'stop')
    const { outcomes } = await applyAndWait(
      [workload(namespace, 'Deployment', 'web', [container(SLEEP)], { minReadySeconds: 300 })],
      { interrupt: AbortSignal.timeout(300) },
    )
    expect(outcomes).toMatchObject([{ type: 'interrupted', exitCode: 130, reason: 'Interrupted' }])
  })
})
