import { describe, expect, test } from 'vitest'
import { formatReference, referenceOf } from '../../src/api/object.ts'
import type { KubernetesObject } from '../../src/api/object.ts'
import type { DatabaseStatus } from '../../src/api/status.ts'
import type { FleetView } from '../../src/controller/fleet-view.ts'
import { Reconciler } from '../../src/controller/reconciler.ts'
import type { Transition } from '../../src/controller/reconciler-options.ts'
import { FakeCluster } from '../applier/fake-cluster.ts'
import { SURPLUS_OF_ORDERS } from '../applier/fake-run.ts'
import { KEY, NOW, emptyView, optionsAt, orders } from './orders.ts'

const reference = { apiVersion: 'database.example.com/v1', kind: 'Database', namespace: 'shop', name: 'orders' }

/** A cluster with one Database, its view, and what reconciles it. */
function worldOf(object: KubernetesObject): {
  cluster: FakeCluster
  reconciler: Reconciler
  transitions: Transition[]
  /** Every status that was told. */
  statuses: DatabaseStatus[]
  /** Databases of which it was told that they are gone. */
  gone: string[]
  /** States of the circuit as they were told. */
  circuits: string[]
  /** What time it is, and whether what it depends on answers; both may be set. */
  surroundings: { nowMs: number; isReachable: boolean; probes: number }
  stop: AbortController
  view: FleetView
} {
  const cluster = new FakeCluster()
  const transitions: Transition[] = []
  const statuses: DatabaseStatus[] = []
  const gone: string[] = []
  const circuits: string[] = []
  const surroundings = { nowMs: NOW, isReachable: true, probes: 0 }
  const stop = new AbortController()
  const view = emptyView()
  view.store(cluster.add(object))
  const options = optionsAt(surroundings, {
    probe: {
      reaches: () => {
        surroundings.probes += 1
        return Promise.resolve(surroundings.isReachable)
      },
    },
    stop: stop.signal,
    onTransition: (transition) => transitions.push(transition),
    onStatus: (_key, status) => statuses.push(status),
    onCircuit: (_key, { state }) => circuits.push(state),
    onGone: (key) => gone.push(key),
  })
  const reconciler = new Reconciler(cluster, view, options)
  return { cluster, reconciler, transitions, statuses, gone, circuits, surroundings, stop, view }
}

/** Stores another Database, as a user would, and lets the view know. */
const change = (world: ReturnType<typeof worldOf>, spec: object, metadata: object = {}): void => {
  const live = world.view.objectsOf(KEY).database ?? orders()
  const changed = {
    ...live,
    spec: { ...(live['spec'] as object), ...spec },
    metadata: { ...live.metadata, resourceVersion: String(Number(live.metadata.resourceVersion) + 100), ...metadata },
  }
  world.cluster.objects.set(formatReference(reference), changed)
  world.view.store(changed)
}

const statusOf = (cluster: FakeCluster): DatabaseStatus | undefined =>
  [...cluster.objects.values()].find(({ kind }) => kind === 'Database')?.['status'] as DatabaseStatus | undefined

describe('a new Database', () => {
  test('gets its children, each owned by it, and waits for its pods', async () => {
    const { cluster, reconciler, transitions } = worldOf(orders())
    expect(await reconciler.reconcile(KEY)).toEqual({ afterMs: 5000 })
    expect(statusOf(cluster)?.phase).toBe('Deploying')
    const phases = transitions.filter(({ from, to }) => from !== to).map(({ to }) => to)
    expect(phases).toEqual(['Pending', 'Provisioning', 'Configuring', 'Deploying'])
    const children = [...cluster.objects.values()].filter(({ kind }) => kind !== 'Database' && kind !== 'Secret')
    expect(children.map(({ kind }) => kind).toSorted()).toEqual([
      'ConfigMap',
      'NetworkPolicy',
      'Role',
      'RoleBinding',
      'Service',
      'Service',
      'ServiceAccount',
      'StatefulSet',
    ])
    for (const { metadata } of children) expect(metadata.ownerReferences?.[0]?.uid).toBe('uid-1')
    const writes = cluster.writes.length
    await reconciler.reconcile(KEY)
    expect(cluster.writes.slice(writes).filter(({ reference: name }) => name.includes('Database'))).toEqual([])
  })

  test('whose children stand in Git gets none of them, only credentials', async () => {
    const annotations = { 'database.example.com/children': 'rendered' }
    const { cluster, reconciler } = worldOf(orders({ metadata: { annotations } }))
    await reconciler.reconcile(KEY)
    expect([...cluster.objects.values()].map(({ kind }) => kind)).toEqual(['Database', 'Secret'])
  })

  test('that is paused is left alone, without a finalizer', async () => {
    const { cluster, reconciler } = worldOf(orders({ spec: { paused: true } }))
    expect(await reconciler.reconcile(KEY)).toBeUndefined()
    expect(cluster.objects.size).toBe(1)
  })

  test('does not take an object of that name which is somebody else`s', async () => {
    const { cluster, reconciler } = worldOf(orders())
    const service = cluster.add({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'orders', namespace: 'shop' },
    })
    await reconciler.reconcile(KEY)
    expect(statusOf(cluster)).toMatchObject({ phase: 'Failed' })
    expect(cluster.objects.get('v1 Service shop/orders')).toEqual(service)
    expect([...cluster.objects.values()].map(({ kind }) => kind)).toEqual(['Database', 'Service'])
  })
})

describe('a Database that another process has looked after', () => {
  test('is told as it is found, although nothing changes', async () => {
    const status = { phase: 'Failed', certificateExpires: '2027-02-19T12:00:00Z' } as const
    const world = worldOf({ ...orders({ spec: { paused: true } }), status })
    await world.reconciler.reconcile(KEY)
    expect(world.transitions).toEqual([])
    expect(world.statuses[0]).toEqual(status)
    expect(world.gone).toEqual([])
    world.view.forget(reference, world.view.objectsOf(KEY).database?.metadata.uid)
    await world.reconciler.reconcile(KEY)
    expect(world.gone).toEqual([KEY])
  })
})

describe('a Database that changes', () => {
  const secrets = ({ cluster }: ReturnType<typeof worldOf>): string[] =>
    [...cluster.objects.values()].filter(({ kind }) => kind === 'Secret').map(({ metadata }) => metadata.name)

  test('from a Secret of somebody else to a generated one gets that', async () => {
    const world = worldOf(orders({ spec: { credentials: { existingSecret: { name: 'theirs' } } } }))
    await world.reconciler.reconcile(KEY)
    expect(secrets(world)).toEqual([])
    change(world, { credentials: undefined }, { generation: 2 })
    await world.reconciler.reconcile(KEY)
    expect(secrets(world)).toEqual(['orders-credentials'])
  })

  test('from children in Git to none there gets them, although that is no new generation', async () => {
    const annotations = { 'database.example.com/children': 'rendered' }
    const world = worldOf(orders({ metadata: { annotations } }))
    await world.reconciler.reconcile(KEY)
    change(world, {}, { annotations: {} })
    await world.reconciler.reconcile(KEY)
    expect([...world.cluster.objects.values()].map(({ kind }) => kind)).toContain('StatefulSet')
  })
})

describe('what leaves the spec', () => {
  const EVERYTHING = {
    replicas: 3,
    backup: { schedule: '0 3 * * *', storage: { size: '1Gi' } },
    monitoring: { labels: { release: 'prometheus' } },
  }
  const NOTHING = { replicas: 1, backup: undefined, monitoring: undefined }
  const deleted = ({ cluster }: ReturnType<typeof worldOf>): string[] =>
    cluster.writes.filter(({ verb }) => verb === 'delete').map(({ reference: name }) => name)

  test('is removed, each object once, and told as a transition; claim and credentials stay', async () => {
    const world = worldOf(orders({ spec: EVERYTHING }))
    await world.reconciler.reconcile(KEY)
    expect(deleted(world)).toEqual([])
    change(world, NOTHING, { generation: 2 })
    await world.reconciler.reconcile(KEY)
    expect(deleted(world).toSorted()).toEqual(SURPLUS_OF_ORDERS)
    expect(world.transitions.map(({ reason }) => reason)).toContain('Removing')
    const left = [...world.cluster.objects.values()].map(({ kind, metadata }) => `${kind} ${metadata.name}`)
    expect(left).toContain('PersistentVolumeClaim orders-backup')
    expect(left).toContain('Secret orders-credentials')
    await world.reconciler.reconcile(KEY)
    expect(deleted(world)).toHaveLength(8)
  })

  test('is left to whoever applies the children where they stand in Git', async () => {
    const world = worldOf(orders({ spec: EVERYTHING }))
    await world.reconciler.reconcile(KEY)
    change(world, NOTHING, { generation: 2, annotations: { 'database.example.com/children': 'rendered' } })
    await world.reconciler.reconcile(KEY)
    expect(deleted(world)).toEqual([])
  })

  test('is asked for only where there was monitoring: the right, and the kinds, may be missing', async () => {
    const world = worldOf(orders({ spec: { ...EVERYTHING, monitoring: undefined } }))
    const asked = new Set<string>()
    const get = world.cluster.get.bind(world.cluster)
    world.cluster.get = (wanted) => {
      asked.add(wanted.kind)
      return get(wanted)
    }
    await world.reconciler.reconcile(KEY)
    change(world, NOTHING, { generation: 2 })
    await world.reconciler.reconcile(KEY)
    expect(deleted(world)).toContain('batch/v1 CronJob shop/orders-backup')
    expect([...asked].filter((kind) => ['PodMonitor', 'PrometheusRule'].includes(kind))).toEqual([])
  })
})

describe('a dependency that does not answer', () => {
  test('is left alone for a minute after the sixth failure, then asked once, and the database goes on', async () => {
    const dependencies = [{ address: '192.0.2.1:8200' }]
    const { cluster, reconciler, circuits, surroundings } = worldOf(orders({ spec: { dependencies } }))
    const reasonOf = (type: string): string | undefined =>
      statusOf(cluster)?.conditions?.find((condition) => condition.type === type)?.reason
    surroundings.isReachable = false
    for (let failures = 1; failures <= 6; failures += 1) {
      expect(await reconciler.reconcile(KEY)).toEqual({ afterMs: failures < 6 ? 30_000 : 60_000 })
      expect(reasonOf('Ready')).toBe('ExternalDependencyUnavailable')
      expect(reasonOf('Degraded')).toBe(failures < 6 ? 'AsExpected' : 'CircuitOpen')
      surroundings.nowMs += 30_000
    }
    expect([surroundings.probes, circuits]).toEqual([6, ['closed', 'open']])
    expect(reasonOf('Progressing')).toBe('CircuitOpen')
    expect(statusOf(cluster)).toMatchObject({ retries: 6, nextRetryTime: '2026-11-21T12:03:30Z' })

    // Half of the minute is over: nobody is asked.
    expect(await reconciler.reconcile(KEY)).toEqual({ afterMs: 30_000 })
    expect(surroundings.probes).toBe(6)

    surroundings.nowMs += 30_000
    const writes = cluster.writes.length
    expect(await reconciler.reconcile(KEY)).toEqual({ afterMs: 60_000 })
    expect([surroundings.probes, circuits.slice(2)]).toEqual([7, ['half-open', 'open']])
    // The probe is one write, which counts it: the words stay the same.
    expect(cluster.writes).toHaveLength(writes + 1)
    expect(reasonOf('Degraded')).toBe('CircuitOpen')

    surroundings.nowMs += 60_000
    surroundings.isReachable = true
    await reconciler.reconcile(KEY)
    expect([surroundings.probes, circuits.slice(4)]).toEqual([8, ['half-open', 'closed']])
    expect(statusOf(cluster)?.phase).toBe('Deploying')
    expect(reasonOf('Degraded')).toBe('AsExpected')
  })

  test('is asked again at once when a person asks, and when the spec changes', async () => {
    const dependencies = [{ address: '192.0.2.1:8200' }]
    const world = worldOf(orders({ spec: { dependencies } }))
    const { reconciler, circuits, surroundings } = world
    surroundings.isReachable = false
    for (let failures = 1; failures <= 6; failures += 1) {
      await reconciler.reconcile(KEY)
      surroundings.nowMs += 30_000
    }
    expect([surroundings.probes, circuits.at(-1)]).toEqual([6, 'open'])
    change(world, {}, { annotations: { 'database.example.com/reconcile-requested-at': 'now' } })
    await reconciler.reconcile(KEY)
    expect([surroundings.probes, circuits.at(-1)]).toEqual([7, 'closed'])
    change(world, { dependencies: [{ address: '192.0.2.1:8201' }] }, { generation: 2 })
    await reconciler.reconcile(KEY)
    expect([surroundings.probes, circuits.at(-1)]).toEqual([8, 'closed'])
  })
})

describe('an invalid spec', () => {
  test('that an older definition let in is told in the status, once', async () => {
    const { cluster, reconciler } = worldOf(orders({ spec: { image: 'postgres:latest' } }))
    expect(await reconciler.reconcile(KEY)).toBeUndefined()
    const ready = statusOf(cluster)?.conditions?.find(({ type }) => type === 'Ready')
    expect(ready).toMatchObject({ status: 'False', reason: 'InvalidSpec' })
    expect(ready?.message).toContain('must not be tagged latest')
    const writes = cluster.writes.length
    await reconciler.reconcile(KEY)
    expect(cluster.writes).toHaveLength(writes)
  })
})

describe('a Database that is being deleted', () => {
  const finalizers = ['database.example.com/finalizer']
  const going = orders({ metadata: { deletionTimestamp: '2026-11-21T11:59:00Z', finalizers } })

  test('gets no finalizer and no child any more', async () => {
    const { cluster, reconciler } = worldOf(orders({ metadata: { deletionTimestamp: '2026-11-21T11:59:00Z' } }))
    expect(await reconciler.reconcile(KEY)).toBeUndefined()
    expect(cluster.writes).toEqual([])
  })

  test('loses its StatefulSet first, and waits for the pods', async () => {
    const { cluster, reconciler, view } = worldOf(going)
    const labels = { 'app.kubernetes.io/instance': 'orders' }
    const owner = { ...reference, uid: 'uid-1', controller: true }
    const metadata = { name: 'orders', namespace: 'shop', labels, ownerReferences: [owner] }
    view.store(cluster.add({ apiVersion: 'apps/v1', kind: 'StatefulSet', metadata }))
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'orders-0', namespace: 'shop', labels } }
    const running = cluster.add(pod)
    view.store(running)
    expect(await reconciler.reconcile(KEY)).toEqual({ afterMs: 5000 })
    expect(cluster.writes.filter(({ verb }) => verb === 'delete').map(({ reference: name }) => name)).toEqual([
      'apps/v1 StatefulSet shop/orders',
    ])
    expect(await reconciler.reconcile(KEY)).toEqual({ afterMs: 5000 })
    view.forget(referenceOf(running), running.metadata.uid)
    expect(await reconciler.reconcile(KEY)).toBeUndefined()
  })
})

test('nothing more is begun when the process must stop', async () => {
  const { cluster, reconciler, stop } = worldOf(orders())
  stop.abort()
  expect(await reconciler.reconcile(KEY)).toBeUndefined()
  expect([...cluster.objects.values()].map(({ kind }) => kind)).toEqual(['Database'])
})
