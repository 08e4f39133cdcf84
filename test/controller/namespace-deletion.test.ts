/** A namespace that is deleted takes the rights of the controller along, in any order. */
import { expect, test } from 'vitest'
import type { KubernetesObject } from '../../src/api/object.ts'
import { FleetView } from '../../src/controller/fleet-view.ts'
import { Reconciler } from '../../src/controller/reconciler.ts'
import { FakeCluster, refusal } from '../applier/fake-cluster.ts'

const FINALIZER = 'database.example.com/finalizer'
const DATABASE = 'database.example.com/v1 Database shop/orders'

/** A database that is being deleted while the controller may see and do nothing else in its namespace. */
function worldOf(namespace: Partial<KubernetesObject['metadata']>): {
  readonly cluster: FakeCluster
  readonly look: () => Promise<unknown>
} {
  const cluster = new FakeCluster()
  cluster.add({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop', ...namespace } })
  const database = cluster.add({
    apiVersion: 'database.example.com/v1',
    kind: 'Database',
    metadata: {
      name: 'orders',
      namespace: 'shop',
      finalizers: ['example.com/of-others', FINALIZER],
      deletionTimestamp: '2026-11-21T11:59:00Z',
    },
    spec: {
      image: 'postgres:16',
      replicas: 1,
      databaseName: 'orders',
      username: 'app',
      storage: { size: '1Gi' },
      deletionPolicy: 'Delete',
    },
  })
  const view = new FleetView(
    () => undefined,
    () => Promise.resolve([]),
  )
  view.store(database)
  const reconciler = new Reconciler(cluster, view, {
    route: 'off',
    paceMs: 0,
    probe: { reaches: () => Promise.resolve(true) },
    now: () => Date.parse('2026-11-21T12:00:00Z'),
    steadyNow: () => 0,
    stop: new AbortController().signal,
    missingIn: () => ({ reason: 'Forbidden', message: 'cannot list resource "pods"' }),
    onTransition: () => undefined,
    onDriftCorrected: () => undefined,
    onCircuit: () => undefined,
    onGone: () => undefined,
  })
  return { cluster, look: () => reconciler.reconcile('shop/orders') }
}

const finalizersOf = ({ objects }: FakeCluster): readonly string[] | undefined =>
  objects.get(DATABASE)?.metadata.finalizers

test('the finalizer goes at once, alone, whatever else may be seen', async () => {
  const { cluster, look } = worldOf({ deletionTimestamp: '2026-11-21T11:59:00Z' })
  await look()
  expect(finalizersOf(cluster)).toEqual(['example.com/of-others'])
  expect(cluster.writes.map(({ verb, reference }) => `${verb} ${reference}`)).toEqual([`patch ${DATABASE}`])
})

test.each([
  ['stays', undefined],
  ['may not be seen', refusal(403, 'Forbidden', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })],
])('where the namespace %s, it is kept until everything is in order', async (_, failure) => {
  const { cluster, look } = worldOf({})
  if (failure !== undefined) cluster.failures.set('get Namespace shop', failure)
  await look()
  expect(finalizersOf(cluster)).toContain(FINALIZER)
})
