/** A Database that is deleted right after it was made: what the watches have not told of yet is cleaned up, too. */
import { describe, expect, test } from 'vitest'
import { Reconciler } from '../../src/controller/reconciler.ts'
import { FakeCluster } from '../applier/fake-cluster.ts'
import { KEY, REFERENCE, emptyView, optionsAt, orders } from './orders.ts'

const labels = {
  'app.kubernetes.io/name': 'postgresql',
  'app.kubernetes.io/instance': 'orders',
  'app.kubernetes.io/managed-by': 'cdk8s-database',
}
const CLAIM = 'v1 PersistentVolumeClaim shop/data-orders-0'
const POD = 'v1 Pod shop/orders-0'

/** A cluster whose StatefulSet has just gone, and a controller that has been told of nothing but the Database. */
function deletedAtOnce(deletionPolicy: string): { readonly cluster: FakeCluster; readonly reconciler: Reconciler } {
  const [cluster, view] = [new FakeCluster(), emptyView()]
  const metadata = { finalizers: ['database.example.com/finalizer'], deletionTimestamp: '2026-11-21T11:59:00Z' }
  view.store(cluster.add(orders({ metadata, spec: { deletionPolicy } })))
  for (const [kind, name] of [
    ['PersistentVolumeClaim', 'data-orders-0'],
    ['Pod', 'orders-0'],
  ] as const)
    cluster.add({ apiVersion: 'v1', kind, metadata: { name, namespace: 'shop', labels } })
  return { cluster, reconciler: new Reconciler(cluster, view, optionsAt()) }
}

const isHeld = (cluster: FakeCluster): boolean => (cluster.objects.get(REFERENCE)?.metadata.finalizers ?? []).length > 0

describe.each(['Retain', 'Delete'])('with deletionPolicy %s, a Database that is deleted at once', (policy) => {
  test('is held until its pod is gone, which no watch has told of', async () => {
    const { cluster, reconciler } = deletedAtOnce(policy)
    await reconciler.reconcile(KEY)
    expect([cluster.objects.has(POD), cluster.objects.has(CLAIM), isHeld(cluster)]).toEqual([true, true, true])
  })

  test(`${policy === 'Delete' ? 'loses' : 'keeps'} the claim that no watch has told of`, async () => {
    const { cluster, reconciler } = deletedAtOnce(policy)
    cluster.objects.delete(POD)
    for (let looks = 0; looks < 4 && isHeld(cluster); looks += 1) await reconciler.reconcile(KEY)
    expect([cluster.objects.has(CLAIM), isHeld(cluster)]).toEqual([policy === 'Retain', false])
  })
})
