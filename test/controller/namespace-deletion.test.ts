/** A namespace that is deleted takes the rights of the controller along, in any order. */
import { expect, test } from 'vitest'
import type { KubernetesObject } from '../../src/api/object.ts'
import { Reconciler } from '../../src/controller/reconciler.ts'
import type { Cause } from '../../src/phases/outcome.ts'
import { FakeCluster, refusal } from '../applier/fake-cluster.ts'
import { KEY, REFERENCE, emptyView, optionsAt, orders } from './orders.ts'

const FINALIZER = 'database.example.com/finalizer'

/** A database that is being deleted while the controller may see and do nothing else in its namespace. */
function worldOf(namespace: Partial<KubernetesObject['metadata']>): {
  readonly cluster: FakeCluster
  readonly look: () => Promise<unknown>
} {
  const cluster = new FakeCluster()
  cluster.add({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop', ...namespace } })
  const finalizers = ['example.com/of-others', FINALIZER]
  const metadata = { finalizers, deletionTimestamp: '2026-11-21T11:59:00Z' }
  const view = emptyView()
  view.store(cluster.add(orders({ metadata, spec: { deletionPolicy: 'Delete' } })))
  const missingIn = (): Cause => ({ reason: 'Forbidden', message: 'cannot list resource "pods"' })
  const reconciler = new Reconciler(cluster, view, optionsAt(undefined, { missingIn }))
  return { cluster, look: () => reconciler.reconcile(KEY) }
}

const finalizersOf = ({ objects }: FakeCluster): readonly string[] | undefined =>
  objects.get(REFERENCE)?.metadata.finalizers

test('the finalizer goes at once, alone, whatever else may be seen', async () => {
  const { cluster, look } = worldOf({ deletionTimestamp: '2026-11-21T11:59:00Z' })
  await look()
  expect(finalizersOf(cluster)).toEqual(['example.com/of-others'])
  expect(cluster.writes.map(({ verb, reference }) => `${verb} ${reference}`)).toEqual([`patch ${REFERENCE}`])
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
