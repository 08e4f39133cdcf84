/** The claims of a database are known from the first look on, in whatever order the lists of a started controller come. */
import { expect, test } from 'vitest'
import type { ObjectQuery } from '../../src/applier/cluster/cluster-api.ts'
import type { ListedObjects, WatchEvent } from '../../src/cluster/watch-event.ts'
import { runController } from '../../src/controller/controller.ts'
import { FakeCluster } from '../applier/fake-cluster.ts'
import { optionsAt, orders } from './orders.ts'

/** A cluster whose watches tell what they listed, as those of an API server do, last asked for first or last. */
class ListingCluster extends FakeCluster {
  readonly watches: ObjectQuery[] = []
  /** Whether the watches that were asked for first are the slow ones. */
  firstComesLast = false

  override async watch(query: ObjectQuery, onEvent: (event: WatchEvent) => void, signal: AbortSignal): Promise<void> {
    const place = this.watches.push(query)
    const objects = await this.list(query)
    for (let turns = this.firstComesLast ? 100 - place : place; turns > 0; turns -= 1) await Promise.resolve()
    for (const object of objects) onEvent({ type: 'added', object })
    const listed: ListedObjects = new Set(objects.map(({ metadata }) => metadata.uid))
    onEvent({ type: 'synced', resourceVersion: this.version, listed })
    return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
  }
}

const labels = { 'app.kubernetes.io/instance': 'orders' }
const claim = (name: string, label: object): Parameters<FakeCluster['add']>[0] => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name, namespace: 'shop', labels: { ...labels, ...label } },
})

test.each([false, true])(
  'a deletion finds the data before the password (first list comes last: %s)',
  async (firstComesLast) => {
    const cluster = Object.assign(new ListingCluster(), { firstComesLast })
    const metadata = { finalizers: ['database.example.com/finalizer'], deletionTimestamp: '2026-11-21T11:59:00Z' }
    cluster.add(orders({ metadata, spec: { deletionPolicy: 'Delete' } }))
    cluster.add(claim('data-orders-0', { 'app.kubernetes.io/name': 'postgresql' }))
    cluster.add(
      claim('orders-backup', {
        'app.kubernetes.io/name': 'postgresql-backup',
        'app.kubernetes.io/managed-by': 'cdk8s-database',
      }),
    )
    cluster.add({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: {
        name: 'orders-credentials',
        namespace: 'shop',
        labels: { ...labels, 'app.kubernetes.io/name': 'postgresql', 'app.kubernetes.io/managed-by': 'cdk8s-database' },
      },
    })
    const ending = new AbortController()
    const { stop: _, ...options } = optionsAt()
    await runController(cluster, {
      ...options,
      namespaces: [],
      workers: 1,
      signal: ending.signal,
      onSynced: () => undefined,
      queueObserver: {},
      onQueue: () => undefined,
      onInterrupted: () => undefined,
      onFinished: () => ending.abort(),
    })
    const deleted = cluster.writes.filter(({ verb }) => verb === 'delete').map(({ reference }) => reference)
    expect(deleted).toEqual(['v1 PersistentVolumeClaim shop/data-orders-0', 'v1 Secret shop/orders-credentials'])
  },
)
