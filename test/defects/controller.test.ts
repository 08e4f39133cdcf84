/** Defects of published implementations in what is written when: see `list.test.ts`. */
import { describe, expect, test } from 'vitest'
import { formatReference, referenceOf } from '../../src/api/object.ts'
import type { KubernetesObject, ObjectReference } from '../../src/api/object.ts'
import type { ObjectQuery } from '../../src/applier/cluster/cluster-api.ts'
import { growClaim } from '../../src/applier/databases/claim-growth.ts'
import { runController } from '../../src/controller/controller.ts'
import { FleetView } from '../../src/controller/fleet-view.ts'
import { Reconciler } from '../../src/controller/reconciler.ts'
import type { WatchEvent } from '../../src/cluster/watch-event.ts'
import { FakeCluster, refusal } from '../applier/fake-cluster.ts'
import { KEY, NOW, emptyView, optionsAt, orders } from '../controller/orders.ts'

const FINALIZER = 'database.example.com/finalizer'

/** One Database, and the keys that its view wants looked at. */
function worldOf(metadata: object = {}): {
  cluster: FakeCluster
  reconciler: Reconciler
  view: FleetView
  told: string[]
  time: { nowMs: number }
  live: () => KubernetesObject
  writes: () => string[]
} {
  const cluster = new FakeCluster()
  const told: string[] = []
  const time = { nowMs: NOW }
  const view = emptyView((key) => told.push(key))
  const stored = cluster.add(orders({ metadata }))
  view.store(stored)
  const key = formatReference(referenceOf(stored))
  const live = (): KubernetesObject => cluster.objects.get(key) ?? stored
  const writes = (): string[] => cluster.writes.map(({ verb, reference }) => `${verb} ${reference}`)
  return { cluster, reconciler: new Reconciler(cluster, view, optionsAt(time)), view, told, time, live, writes }
}

/** Stores another spec as a user would, and lets the view know. */
function editSpec({ cluster, view, live }: ReturnType<typeof worldOf>, spec: object): void {
  const { metadata, ...rest } = live()
  const changed = {
    ...rest,
    metadata: { ...metadata, generation: 2, resourceVersion: String(Number(metadata.resourceVersion) + 1) },
    spec: { ...(rest['spec'] as object), ...spec },
  } as KubernetesObject
  cluster.objects.set(formatReference(referenceOf(changed)), changed)
  view.store(changed)
}

/** What the StatefulSet controller and the kubelet would do, told by the watch; the pods never become ready. */
function storeChildren({ cluster, view }: ReturnType<typeof worldOf>): void {
  for (const object of cluster.objects.values()) if (object.kind !== 'Secret') view.store(object)
}

test.each([
  ['Service', 'orders', 'v1'],
  ['Service', 'orders-pods', 'v1'],
  ['ConfigMap', 'orders-config', 'v1'],
  ['NetworkPolicy', 'orders', 'networking.k8s.io/v1'],
])('C3: a %s %s that somebody deletes is looked at alone, and made again', async (kind, name, apiVersion) => {
  const world = worldOf()
  await world.reconciler.reconcile(KEY)
  storeChildren(world)
  const reference = `${apiVersion} ${kind} shop/${name}`
  const lost = world.cluster.objects.get(reference)
  if (lost === undefined) throw new Error(`no ${reference}`)
  const [told, before] = [world.told.length, world.writes().length]
  world.cluster.objects.delete(reference)
  world.view.take({ type: 'deleted', object: lost })
  expect(world.told.slice(told)).toEqual([KEY])
  await world.reconciler.reconcile(KEY)
  // Beside what the status tells of it.
  const written = world.writes().slice(before)
  expect(written.filter((write) => !write.includes(' Database '))).toEqual([`apply ${reference}`])
  expect(world.cluster.objects.has(reference)).toBe(true)
})

test('C4: nothing is written about a StatefulSet that is as it should be, and a changed image is', async () => {
  const world = worldOf()
  await world.reconciler.reconcile(KEY)
  storeChildren(world)
  const before = world.writes().length
  for (let passes = 0; passes < 3; passes += 1) await world.reconciler.reconcile(KEY)
  expect(world.writes().slice(before)).toEqual([])

  editSpec(world, { image: 'postgres:16.5' })
  await world.reconciler.reconcile(KEY)
  expect(world.writes().slice(before)).toContain('apply apps/v1 StatefulSet shop/orders')
  const statefulSet = world.cluster.objects.get('apps/v1 StatefulSet shop/orders')
  expect(JSON.stringify(statefulSet)).toContain('"image":"postgres:16.5"')
})

/** Somebody else writes just before the next patch arrives. */
class ContestedCluster extends FakeCluster {
  meanwhile: (() => void) | undefined

  override patch(...request: Parameters<FakeCluster['patch']>): Promise<KubernetesObject> {
    this.meanwhile?.()
    this.meanwhile = undefined
    return super.patch(...request)
  }

  change(reference: ObjectReference, change: (object: KubernetesObject) => KubernetesObject): KubernetesObject {
    const key = formatReference(reference)
    const live = this.objects.get(key)
    if (live === undefined) throw new Error(`no ${key}`)
    const resourceVersion = String(Number(live.metadata.resourceVersion) + 1)
    const { metadata, ...rest } = change(live)
    const changed = { ...rest, metadata: { ...metadata, resourceVersion } } as KubernetesObject
    this.objects.set(key, changed)
    return changed
  }
}

describe('a conflict', () => {
  test('C5: does not lose the size that a claim is to have, nor what the other one wrote', async () => {
    const cluster = new ContestedCluster()
    const claim = cluster.add({
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'data-orders-0', namespace: 'shop' },
      spec: { resources: { requests: { storage: '1Gi' } } },
    })
    const reference = referenceOf(claim)
    cluster.meanwhile = () => cluster.change(reference, (object) => ({ ...object, status: { phase: 'Bound' } }))
    await growClaim(cluster, reference, claim.metadata.uid ?? '', '2Gi')
    expect(cluster.objects.get(formatReference(reference))).toMatchObject({
      spec: { resources: { requests: { storage: '2Gi' } } },
      status: { phase: 'Bound' },
    })
  })

  test('C5: does not lose a finalizer, neither ours nor the one that somebody else added', async () => {
    const cluster = new ContestedCluster()
    const view = new FleetView(
      () => undefined,
      () => Promise.resolve([]),
    )
    const stored = cluster.add(orders())
    view.store(stored)
    const reconciler = new Reconciler(cluster, view, optionsAt())
    const reference = referenceOf(stored)
    cluster.meanwhile = () => {
      const theirs = (object: KubernetesObject): KubernetesObject => ({
        ...object,
        metadata: { ...object.metadata, finalizers: ['example.com/theirs'] },
      })
      view.store(cluster.change(reference, theirs))
    }
    await expect(reconciler.reconcile(KEY)).rejects.toMatchObject({ code: 409 })
    await reconciler.reconcile(KEY)
    expect(cluster.objects.get(formatReference(reference))?.metadata.finalizers).toEqual([
      'example.com/theirs',
      FINALIZER,
    ])
  })
})

test('C6: a Database that is being deleted gets no finalizer, which the API server would refuse', async () => {
  const others = ['example.com/theirs']
  const world = worldOf({ deletionTimestamp: '2026-11-21T11:59:00Z', finalizers: others })
  expect(await world.reconciler.reconcile(KEY)).toBeUndefined()
  expect(world.live().metadata.finalizers).toEqual(others)
  expect(world.writes()).toEqual([])
})

test('C7: password and volume outlive the Database, and the next one of that name takes both', async () => {
  const world = worldOf()
  const { cluster, reconciler, view } = world
  await reconciler.reconcile(KEY)
  const secret = 'v1 Secret shop/orders-credentials'
  const password = cluster.objects.get(secret)?.['data']
  expect(password).toMatchObject({ password: expect.any(String) })
  const claim = {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: {
      name: 'data-orders-0',
      namespace: 'shop',
      labels: { 'app.kubernetes.io/name': 'postgresql', 'app.kubernetes.io/instance': 'orders' },
    },
  }
  view.store(cluster.add(claim))
  storeChildren(world)

  const key = formatReference(referenceOf(world.live()))
  const { metadata, ...rest } = world.live()
  const going = { ...rest, metadata: { ...metadata, deletionTimestamp: '2026-11-21T12:00:00Z', resourceVersion: '50' } }
  cluster.objects.set(key, going)
  view.store(going)
  for (let looks = 0; looks < 4; looks += 1) await reconciler.reconcile(KEY)
  expect(world.live().metadata.finalizers).toEqual([])
  cluster.objects.delete(key)
  view.forget(referenceOf(going), metadata.uid)
  expect([...cluster.objects.values()].map(({ kind }) => kind)).toEqual(
    expect.arrayContaining(['Secret', 'PersistentVolumeClaim']),
  )

  view.store(cluster.add(orders()))
  await reconciler.reconcile(KEY)
  expect(cluster.objects.get(secret)?.['data']).toEqual(password)
})

test('C8: a failure is waited out: the status that tells of it wakes nobody, and coming early does nothing', async () => {
  const world = worldOf()
  const { cluster, reconciler, view, told, time } = world
  const shell = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'orders-credentials', namespace: 'shop' } }
  cluster.failures.set('create Secret orders-credentials', refusal(503, 'ServiceUnavailable', shell))
  expect(await reconciler.reconcile(KEY)).toEqual({ afterMs: 5000 })
  expect(world.live()['status']).toMatchObject({ retries: 1 })

  // The watch tells what this process has just written.
  view.take({ type: 'modified', object: world.live() })
  expect(told).toEqual([])

  const before = world.writes().length
  time.nowMs += 1000
  expect(await reconciler.reconcile(KEY)).toEqual({ afterMs: 4000 })
  expect(world.writes().slice(before)).toEqual([])

  cluster.failures.clear()
  time.nowMs += 4000
  await reconciler.reconcile(KEY)
  expect(world.writes().slice(before)).toContain('create v1 Secret shop/orders-credentials')
})

test.each([
  ['updateRevision', { updateRevision: 'orders-2' }],
  ['currentRevision', { currentRevision: 'orders-2' }],
  ['updatedReplicas', { updatedReplicas: 0 }],
  ['observedGeneration', { observedGeneration: 7 }],
  ['readyReplicas', { readyReplicas: 0 }],
])('C11: a change of %s of the StatefulSet alone is looked at', (_field, change) => {
  const { view, told } = worldOf()
  const labels = { 'app.kubernetes.io/instance': 'orders' }
  const status = {
    readyReplicas: 1,
    updatedReplicas: 1,
    observedGeneration: 1,
    updateRevision: 'a',
    currentRevision: 'a',
  }
  const statefulSet = (resourceVersion: string, more: object): KubernetesObject => ({
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: 'orders', namespace: 'shop', uid: 'u', generation: 1, resourceVersion, labels },
    status: { ...status, ...more },
  })
  view.store(statefulSet('1', {}))
  view.take({ type: 'modified', object: statefulSet('2', change) })
  expect(told).toEqual([KEY])
})

/** Counts what is asked of collections. */
class CountingCluster extends FakeCluster {
  readonly lists: ObjectQuery[] = []
  readonly watches: ObjectQuery[] = []
  readonly tells = new Map<string, (event: WatchEvent) => void>()

  override list(query: ObjectQuery): Promise<readonly KubernetesObject[]> {
    this.lists.push(query)
    return super.list(query)
  }

  override async watch(query: ObjectQuery, onEvent: (event: WatchEvent) => void, signal: AbortSignal): Promise<void> {
    this.watches.push(query)
    this.tells.set(query.kind, onEvent)
    return super.watch(query, onEvent, signal)
  }
}

interface Fleet {
  readonly cluster: CountingCluster
  /** Waits until so many looks were finished in all. */
  readonly looked: (times: number) => Promise<void>
  readonly finished: string[]
  readonly stop: () => Promise<void>
}

async function startFleet(names: readonly string[], workers: number): Promise<Fleet> {
  const cluster = new CountingCluster()
  for (const name of names) cluster.add(orders({ metadata: { name } }))
  const ending = new AbortController()
  const finished: string[] = []
  let wake: () => void = () => undefined
  const running = runController(cluster, {
    ...optionsAt(),
    namespaces: [],
    workers,
    signal: ending.signal,
    onSynced: () => undefined,
    queueObserver: {},
    onQueue: () => undefined,
    onFinished: ({ key }) => {
      finished.push(key)
      wake()
    },
    onInterrupted: () => undefined,
  })
  const looked = async (times: number): Promise<void> => {
    while (finished.length < times) await new Promise<void>((resolve) => (wake = resolve))
  }
  const stop = async (): Promise<void> => {
    ending.abort()
    await running
  }
  await looked(names.length)
  return { cluster, looked, finished, stop }
}

test('C12: what happens to one database is looked at alone: nothing is listed, and no Secret is watched', async () => {
  const names = Array.from({ length: 20 }, (_, index) => `orders-${index}`)
  const { cluster, looked, finished, stop } = await startFleet(names, 4)
  expect(cluster.watches.filter(({ kind }) => kind === 'Database')).toHaveLength(1)
  const [lists, looks] = [cluster.lists.length, finished.length]
  const service = cluster.objects.get('v1 Service shop/orders-7')
  if (service === undefined) throw new Error('no Service')
  const { metadata, ...rest } = service
  const changed = { ...rest, metadata: { ...metadata, resourceVersion: '100' } } as KubernetesObject
  cluster.tells.get('Service')?.({ type: 'modified', object: changed })
  await looked(looks + 1)
  await stop()
  expect(finished.slice(looks)).toEqual(['shop/orders-7'])
  expect(cluster.lists.slice(lists)).toEqual([])
  expect([...cluster.watches, ...cluster.lists].filter(({ kind }) => kind === 'Secret')).toEqual([])
})

test('C16: one worker gets round a fleet none of which becomes ready', async () => {
  const names = ['first', 'second', 'third']
  const { cluster, finished, stop } = await startFleet(names, 1)
  await stop()
  expect(finished).toEqual(['shop/first', 'shop/second', 'shop/third'])
  for (const name of names)
    expect(cluster.objects.get(`database.example.com/v1 Database shop/${name}`)?.['status']).toMatchObject({
      phase: 'Deploying',
    })
})
