/** Waiting, against a cluster that is moved by hand. Its clock runs thirty times as fast as ours. */
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { referenceOf } from '../../../src/api/object.ts'
import type { KubernetesObject } from '../../../src/api/object.ts'
import { waitForObjects } from '../../../src/applier/waiting/waiting.ts'
import type { WaitOptions, WaitOutcome, WaitProgress } from '../../../src/applier/waiting/waiting.ts'
import { WaitedCluster } from './waited-cluster.ts'

const SPEED = 30

interface Run {
  readonly end: Promise<WaitOutcome[]>
  readonly told: readonly WaitProgress[]
  readonly warnings: readonly string[]
  readonly settled: readonly WaitOutcome[]
}

function start(
  cluster: WaitedCluster,
  objects: readonly KubernetesObject[],
  options: Partial<WaitOptions> & { readonly timeoutMs?: number } = {},
): Run {
  const told: WaitProgress[] = []
  const warnings: string[] = []
  const settled: WaitOutcome[] = []
  const began = Date.now()
  const end = waitForObjects(cluster, objects, {
    deadline: AbortSignal.timeout(options.timeoutMs ?? 8000),
    interrupt: new AbortController().signal,
    now: () => began + (Date.now() - began) * SPEED,
    onWaiting: (progress) => told.push(progress),
    onWarning: (message) => warnings.push(message),
    onSettled: (outcome) => settled.push(outcome),
    ...options,
  })
  return { end, told, warnings, settled }
}

const ready = {
  observedGeneration: 1,
  replicas: 1,
  readyReplicas: 1,
  availableReplicas: 1,
  updatedReplicas: 1,
  conditions: [{ type: 'Available', status: 'True' }],
}
const unready = { ...ready, readyReplicas: 0, availableReplicas: 0, conditions: [] }
const probed = { containers: [{ name: 'main', readinessProbe: {} }] }

const deployment = (name: string, status: object = unready, namespace = 'shop'): KubernetesObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, namespace, uid: `uid-${name}`, generation: 1, creationTimestamp: '2026-01-01T00:00:00Z' },
  spec: { replicas: 1, selector: { matchLabels: { app: name } }, template: { spec: probed } },
  status,
})

function pod(owner: string, containerStatus: object, created = '2099-01-01T00:00:00Z'): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `${owner}-abc-1`,
      namespace: 'shop',
      uid: `uid-${owner}-pod`,
      creationTimestamp: created,
      labels: { app: owner, 'pod-template-hash': 'abc' },
      ownerReferences: [
        { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: `${owner}-abc`, uid: 'rs', controller: true },
      ],
    },
    spec: { containers: [{ name: 'main', image: 'web:1' }] },
    status: { phase: 'Pending', containerStatuses: [{ name: 'main', ...containerStatus }] },
  }
}

const crashing = (restartCount: number): object => ({
  restartCount,
  state: { waiting: { reason: 'CrashLoopBackOff' } },
  lastState: { terminated: { exitCode: 1, message: 'connection refused' } },
})
const waitingFor = (reason: string, message: string): object => ({ state: { waiting: { reason, message } } })

const widget = (status?: object): KubernetesObject => ({
  apiVersion: 'example.com/v1',
  kind: 'Widget',
  metadata: { name: 'one', namespace: 'shop', uid: 'uid-one', generation: 1 },
  ...(status === undefined ? {} : { status }),
})

describe.concurrent('requests', () => {
  test('are none where everything is ready as handed over', async () => {
    const cluster = new WaitedCluster()
    const objects = [
      deployment('web', ready),
      { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'key', namespace: 'shop' } },
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'web', namespace: 'shop', uid: 'u' },
        spec: { type: 'ClusterIP' },
      },
      widget({ conditions: [{ type: 'Ready', status: 'True' }] }),
    ]
    const { end, settled } = start(cluster, objects)
    expect((await end).map(({ type }) => type)).toEqual(['current', 'current', 'current', 'current'])
    expect(settled).toHaveLength(objects.length)
    expect(new Set(settled)).toEqual(new Set(await end))
    expect(cluster.requests).toEqual([])
  })

  test('are one LIST and one WATCH for a kind in a namespace, by name where there is one object', async () => {
    const cluster = new WaitedCluster()
    const objects = ['a', 'b', 'c'].map((name) => deployment(name))
    cluster.put(...objects.map(({ metadata }) => deployment(metadata.name, ready)))
    expect((await start(cluster, objects).end).map(({ type }) => type)).toEqual(['current', 'current', 'current'])
    expect(cluster.requests).toEqual(['list Deployment shop', 'watch Deployment shop'])
    cluster.requests.length = 0
    await start(cluster, [deployment('a')]).end
    expect(cluster.requests).toEqual(['list Deployment shop metadata.name=a', 'watch Deployment shop metadata.name=a'])
  })

  test('are for all namespaces at once where there are more than four, and for each where only that is allowed', async () => {
    const cluster = new WaitedCluster()
    const namespaces = ['one', 'two', 'three', 'four', 'five']
    const objects = namespaces.map((namespace) => deployment('web', unready, namespace))
    cluster.put(...namespaces.map((namespace) => deployment('web', ready, namespace)))
    await start(cluster, objects).end
    expect(cluster.requests).toEqual(['list Deployment *', 'watch Deployment *'])
    cluster.requests.length = 0
    cluster.denied.add('list Deployment *')
    const { end, warnings } = start(cluster, objects)
    expect((await end).every(({ type }) => type === 'current')).toBe(true)
    expect(cluster.requests).toHaveLength(1 + 2 * namespaces.length)
    expect(warnings).toEqual([])
  })

  test('are GETs in turn where nothing may be listed, and that is said', async () => {
    const cluster = new WaitedCluster()
    cluster.denied.add('list Deployment')
    cluster.put(deployment('web'))
    const { end, warnings } = start(cluster, [deployment('web')])
    await delay(100)
    cluster.put(deployment('web', ready))
    expect(await end).toMatchObject([{ type: 'current' }])
    expect(warnings).toEqual(['no right to list and watch Deployment in namespace shop: looking every 2 s instead'])
    const gets = cluster.requests.filter((request) => request === 'get Deployment shop web')
    expect(gets.length).toBeGreaterThan(1)
    expect(gets.length).toBeLessThan(5)
  })

  test('are LISTs in turn where nothing may be watched', async () => {
    const cluster = new WaitedCluster()
    cluster.denied.add('watch Deployment')
    cluster.put(deployment('web'))
    const { end, warnings } = start(cluster, [deployment('web'), deployment('api', ready)])
    await delay(100)
    cluster.put(deployment('web', ready))
    expect(await end).toMatchObject([{ type: 'current' }, { type: 'current' }])
    expect(warnings).toEqual(['no right to watch Deployment in namespace shop: looking every 2 s instead'])
    expect(cluster.requests.filter((request) => request.startsWith('get '))).toEqual([])
  })

  test('end where nothing may be read at all', async () => {
    const cluster = new WaitedCluster()
    for (const verb of ['list', 'get']) cluster.denied.add(`${verb} Deployment`)
    expect(await start(cluster, [deployment('web')]).end).toMatchObject([
      { type: 'failed', exitCode: 1, reason: 'Forbidden', message: expect.stringContaining('cannot be read') },
    ])
  })

  test('that are not answered for a while are told once', async () => {
    const cluster = new WaitedCluster()
    cluster.put(deployment('web'))
    const { end, warnings } = start(cluster, [deployment('web')])
    for (let round = 0; round < 6; round += 1) {
      cluster.interrupt(new Error('connection refused'))
      await delay(150)
    }
    cluster.put(deployment('web', ready))
    expect(await end).toMatchObject([{ type: 'current' }])
    expect(warnings).toHaveLength(1)
    expect(warnings[0]).toMatch(/^cannot watch Deployment in namespace shop for \d+ s now, .*connection refused$/)
  })
})

describe.concurrent('an end', () => {
  test('comes with the deadline for all, each with what it waited for', async () => {
    const cluster = new WaitedCluster()
    cluster.withStatus.add('Widget')
    cluster.put(deployment('web'), widget())
    const { end } = start(cluster, [deployment('web'), widget()], { timeoutMs: 300 })
    expect(await end).toMatchObject([
      {
        type: 'timeout',
        exitCode: 4,
        reason: 'LessReady',
        message: '0/1 ready',
        object: referenceOf(deployment('web')),
      },
      {
        type: 'timeout',
        exitCode: 4,
        reason: 'NoStatusYet',
        remedy: expect.stringContaining('kubectl -n shop describe widget.example.com one'),
      },
    ])
  })

  test('comes for one object without holding up another', async () => {
    const cluster = new WaitedCluster()
    cluster.put(deployment('web'), deployment('api'))
    const { end, settled } = start(cluster, [deployment('web'), deployment('api')], {
      objectTimeoutMs: 20_000,
      timeoutMs: 5000,
    })
    await delay(300)
    cluster.put(deployment('api', ready))
    expect((await end).map(({ type }) => type)).toEqual(['timeout', 'current'])
    expect(settled.map(({ object }) => object.name)).toEqual(['api', 'web'])
  })

  test('comes for what somebody deleted, after a while; a Job that cleans up behind itself has ended', async () => {
    const cluster = new WaitedCluster()
    const job: KubernetesObject = {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'once', namespace: 'shop', uid: 'u' },
      spec: { ttlSecondsAfterFinished: 0 },
    }
    cluster.put(deployment('web'), job)
    const { end } = start(cluster, [deployment('web'), job])
    await delay(100)
    cluster.remove(deployment('web'))
    cluster.remove(job)
    expect(await end).toMatchObject([
      { type: 'failed', reason: 'NotFound' },
      { type: 'current', message: 'has ended and was cleaned up' },
    ])
  })

  test('comes for a resource that is stalled', async () => {
    const cluster = new WaitedCluster()
    const stalled = widget({
      observedGeneration: 1,
      conditions: [{ type: 'Stalled', status: 'True', reason: 'NoSuchSize', message: 'there is no size XXL' }],
    })
    cluster.put(stalled)
    expect(await start(cluster, [widget({ observedGeneration: 0 })]).end).toMatchObject([
      { type: 'failed', exitCode: 1, reason: 'NoSuchSize', message: 'NoSuchSize: there is no size XXL' },
    ])
  })

  test('does not come at once for a verdict from before', async () => {
    const cluster = new WaitedCluster()
    const exceeded = {
      ...unready,
      conditions: [{ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded', message: 'timed out' }],
    }
    const object = deployment('web', exceeded)
    cluster.put(object)
    const { end } = start(cluster, [object])
    await delay(200)
    cluster.put(deployment('web', ready))
    expect(await end).toMatchObject([{ type: 'current' }])
  })
})

describe.concurrent('a pod', () => {
  test('that keeps exiting is not given up while something else is on its way', async () => {
    const cluster = new WaitedCluster()
    let isDatabaseReady = false
    cluster.put(deployment('web'), pod('web', crashing(7)))
    const { end, told } = start(cluster, [deployment('web')], { mayStillHelp: () => !isDatabaseReady })
    await delay(1500)
    expect(told.at(-1)).toMatchObject({
      reason: 'CrashLoopBackOff',
      message: expect.stringContaining('exited with code 1: connection refused'),
    })
    isDatabaseReady = true
    cluster.put(pod('web', crashing(8)))
    await delay(1200)
    cluster.put(deployment('web', ready))
    expect(await end).toMatchObject([{ type: 'current' }])
  })

  test('that keeps exiting is given up with its last words, and where to read more', async () => {
    const cluster = new WaitedCluster()
    cluster.put(deployment('web'), pod('web', crashing(3)))
    expect(await start(cluster, [deployment('web')]).end).toMatchObject([
      {
        type: 'failed',
        reason: 'CrashLoopBackOff',
        message: 'Pod web-abc-1, container main (web:1) exited with code 1: connection refused',
        remedy: expect.stringContaining('kubectl -n shop logs web-abc-1 --all-containers --previous'),
      },
    ])
    expect(cluster.requests).toContain('watch Pod shop app=web')
  })

  test('from before the run may come up at its next start', async () => {
    const cluster = new WaitedCluster()
    cluster.put(deployment('web'), pod('web', crashing(40), '2026-01-01T00:00:00Z'))
    const { end } = start(cluster, [deployment('web')])
    await delay(1500)
    cluster.put(deployment('web', ready))
    expect(await end).toMatchObject([{ type: 'current' }])
  })

  test('that lacks a Secret of the set is not given up, one that lacks another is', async () => {
    const missing = (name: string): object => waitingFor('CreateContainerConfigError', `secret "${name}" not found`)
    const cluster = new WaitedCluster()
    cluster.put(deployment('web'), deployment('api'), pod('web', missing('ours')), pod('api', missing('theirs')))
    const set = [{ apiVersion: 'v1', kind: 'Secret', namespace: 'shop', name: 'ours' }]
    const { end } = start(cluster, [deployment('web'), deployment('api')], { set, timeoutMs: 3000 })
    expect((await end).map(({ type, exitCode }) => `${type} ${exitCode}`)).toEqual(['timeout 4', 'failed 1'])
  })

  test('tells its reason when it is another one', async () => {
    const cluster = new WaitedCluster()
    cluster.put(deployment('web'), pod('web', waitingFor('ErrImagePull', 'i/o timeout')))
    const { end, told } = start(cluster, [deployment('web')])
    await delay(1500)
    cluster.put(pod('web', waitingFor('ImagePullBackOff', 'Back-off pulling image "web:1": ErrImagePull: i/o timeout')))
    await delay(300)
    cluster.put(pod('web', { state: { running: {} } }))
    await delay(300)
    cluster.put(deployment('web', ready))
    expect(await end).toMatchObject([{ type: 'current' }])
    expect(told.map(({ reason }) => reason)).toEqual(['ErrImagePull', 'PodNotReady'])
  })

  test('that may not be read leaves the reason untold, and that is said', async () => {
    const cluster = new WaitedCluster()
    cluster.denied.add('list Pod')
    cluster.denied.add('list Event')
    cluster.put(deployment('web'))
    const { end, warnings } = start(cluster, [deployment('web')], { timeoutMs: 2500 })
    expect(await end).toMatchObject([{ type: 'timeout', reason: 'LessReady' }])
    expect(warnings).toHaveLength(2)
    expect(warnings.join('\n')).toMatch(/why pods are not ready cannot be told: Pod in namespace shop cannot be read/)
    expect(warnings.join('\n')).toMatch(/causes that only events tell are missing/)
  })
})

describe.concurrent('a workload without a readiness probe', () => {
  test('is believed once it stays ready', async () => {
    const cluster = new WaitedCluster()
    const unprobed = (status: object): KubernetesObject => ({
      ...deployment('web', status),
      spec: { replicas: 1, template: { spec: { containers: [{ name: 'main' }] } } },
    })
    cluster.put(unprobed(ready))
    const { end, settled } = start(cluster, [unprobed(unready)])
    await delay(30)
    cluster.put(unprobed(unready))
    await delay(150)
    expect(settled).toEqual([])
    cluster.put(unprobed(ready))
    expect(await end).toMatchObject([{ type: 'current' }])
  })
})
