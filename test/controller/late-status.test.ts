/** What was decided about a Database, and meets a newer state of it, or another Database of its name. */
import { expect, test } from 'vitest'
import { formatReference, referenceOf } from '../../src/api/object.ts'
import type { KubernetesObject } from '../../src/api/object.ts'
import type { DatabaseStatus } from '../../src/api/status.ts'
import type { FleetView } from '../../src/controller/fleet-view.ts'
import { Reconciler } from '../../src/controller/reconciler.ts'
import { FakeCluster } from '../applier/fake-cluster.ts'
import { KEY, REFERENCE, emptyView, optionsAt, orders } from './orders.ts'

/** A status as it was stored, and on what. */
interface StoredStatus extends Pick<DatabaseStatus, 'phase' | 'observedGeneration'> {
  readonly uid: string | undefined
}

/** A cluster where something happens right before the first status is stored; no watch has told of it. */
class BusyCluster extends FakeCluster {
  readonly stored: StoredStatus[] = []
  before: (() => void) | undefined

  override async apply(...[object, options]: Parameters<FakeCluster['apply']>): Promise<KubernetesObject> {
    if (options.subresource !== 'status') return super.apply(object, options)
    this.before?.()
    this.before = undefined
    const stored = await super.apply(object, options)
    const { phase, observedGeneration } = stored['status'] as DatabaseStatus
    this.stored.push({ phase, observedGeneration, uid: stored.metadata.uid })
    return stored
  }

  get database(): KubernetesObject | undefined {
    return this.objects.get(REFERENCE)
  }

  /** Stores the Database as somebody else changed it. */
  change(metadata: object, spec: object = {}): void {
    const { database = orders() } = this
    const resourceVersion = String(Number(database.metadata.resourceVersion) + 1)
    this.objects.set(REFERENCE, {
      ...database,
      metadata: { ...database.metadata, resourceVersion, ...metadata },
      spec: { ...(database['spec'] as object), ...spec },
    })
  }
}

function worldOf(object: KubernetesObject): {
  cluster: BusyCluster
  reconciler: Reconciler
  view: FleetView
  /** Keys that the view wants looked at. */
  told: string[]
} {
  const cluster = new BusyCluster()
  const told: string[] = []
  const view = emptyView((key) => told.push(key))
  view.store(cluster.add(object))
  return { cluster, told, view, reconciler: new Reconciler(cluster, view, optionsAt()) }
}

const READY = { phase: 'Ready', ready: true, observedGeneration: 1 } as const

test('a status is not stored on another database of the same name: that one begins with Pending', async () => {
  const { cluster, reconciler, view, told } = worldOf({ ...orders(), status: READY })
  const former = cluster.database
  cluster.before = () => {
    cluster.objects.delete(REFERENCE)
    cluster.add(orders({ metadata: { resourceVersion: '1000' } }))
  }
  expect(await reconciler.reconcile(KEY)).toBeUndefined()
  expect(cluster.stored).toEqual([])
  expect(cluster.database).not.toHaveProperty('status')

  // Nothing of it is known that the watch would not tell any more.
  const other = cluster.database
  if (former === undefined || other === undefined) throw new Error('there is no Database')
  view.take({ type: 'deleted', object: former })
  view.take({ type: 'added', object: other })
  expect(told).toContain(KEY)
  await reconciler.reconcile(KEY)
  expect(cluster.stored[0]).toMatchObject({ phase: 'Pending', uid: other.metadata.uid })
  expect(cluster.stored.map(({ phase }) => phase)).not.toContain('Updating')
})

test('a status of a database that is gone is stored nowhere', async () => {
  const { cluster, reconciler, view } = worldOf({ ...orders(), status: READY })
  cluster.before = () => {
    const { database } = cluster
    cluster.objects.delete(REFERENCE)
    if (database !== undefined) view.forget(referenceOf(database), database.metadata.uid)
  }
  expect(await reconciler.reconcile(KEY)).toBeUndefined()
  expect(cluster.objects.has(formatReference(referenceOf(orders())))).toBe(false)
})

test('a change that no watch has told of yet keeps no status from being stored, and is looked at', async () => {
  const { cluster, reconciler, told } = worldOf(orders())
  cluster.before = () => cluster.change({ annotations: { 'database.example.com/reconcile-requested-at': 'now' } })
  await reconciler.reconcile(KEY)
  expect(cluster.stored[0]?.phase).toBe('Pending')
  expect(cluster.stored.at(-1)?.phase).toBe('Deploying')
  expect(told).toContain(KEY)
})

test('a status speaks of no spec whose children were not judged', async () => {
  const { cluster, reconciler, told } = worldOf(orders())
  cluster.before = () => cluster.change({ generation: 2 }, { image: 'postgres:16.6' })
  await reconciler.reconcile(KEY)
  expect(cluster.stored.map(({ observedGeneration }) => observedGeneration)).toEqual([1])
  expect(told).toContain(KEY)
  await reconciler.reconcile(KEY)
  expect(cluster.stored.at(-1)).toMatchObject({ phase: 'Deploying', observedGeneration: 2 })
  const statefulSet = cluster.objects.get('apps/v1 StatefulSet shop/orders')
  expect(JSON.stringify(statefulSet)).toContain('postgres:16.6')
})
