import { describe, expect, onTestFinished, test } from 'vitest'
import type { KubernetesObject } from '../../../src/api/object.ts'
import { ClusterView } from '../../../src/applier/cluster/cluster-view.ts'
import { FakeCluster } from '../fake-cluster.ts'

const KEY = 'shop/orders'

const object = (apiVersion: string, kind: string, name: string, uid: string, version: string): KubernetesObject => ({
  apiVersion,
  kind,
  metadata: {
    name,
    namespace: 'shop',
    uid,
    resourceVersion: version,
    labels: { 'app.kubernetes.io/name': 'postgresql', 'app.kubernetes.io/instance': 'orders' },
  },
})
const pod = (uid: string, version = '1'): KubernetesObject => object('v1', 'Pod', 'orders-0', uid, version)

function viewOf(cluster: FakeCluster): ClusterView {
  const view = new ClusterView(cluster, [{ namespace: 'shop', name: 'orders' }], () => 0)
  onTestFinished(() => view.stop())
  return view
}

const podsOf = (view: ClusterView): (string | undefined)[] =>
  view.objectsOf(KEY).pods.map(({ metadata }) => metadata.uid)
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('the view of a cluster', () => {
  test('forgets what vanished between reading and watching', async () => {
    const cluster = new FakeCluster()
    cluster.add(pod('a'))
    const view = viewOf(cluster)
    await view.read()
    expect(podsOf(view)).toEqual(['a'])
    cluster.objects.clear()
    cluster.version = '7'
    view.watch()
    await settled()
    expect(podsOf(view)).toEqual([])
  })

  test('wakes whoever listens when a watch fails for good', async () => {
    const cluster = new FakeCluster()
    cluster.watch = () => Promise.reject(new Error('forbidden'))
    const view = viewOf(cluster)
    let woken = 0
    view.listen(KEY, () => (woken += 1))
    view.watch()
    await settled()
    expect(woken).toBeGreaterThan(0)
  })

  test('keeps what a write returned after the list that a watch began with', async () => {
    const cluster = new FakeCluster()
    cluster.version = '7'
    const view = viewOf(cluster)
    view.store(object('apps/v1', 'StatefulSet', 'orders', 's', '8'))
    view.watch()
    await settled()
    expect(view.objectsOf(KEY).statefulSet?.metadata.uid).toBe('s')
  })

  test('holds only what it is about', () => {
    const view = viewOf(new FakeCluster())
    view.store(object('v1', 'ConfigMap', 'orders-config', 'c', '1'))
    view.store(object('v1', 'Secret', 'orders-credentials', 'd', '1'))
    expect(view.hasClaims(KEY)).toBe(false)
    expect(view.objectsOf(KEY)).toMatchObject({ database: undefined, statefulSet: undefined, pods: [], claims: [] })
  })

  test('ignores a version that is older than the known one', () => {
    const view = viewOf(new FakeCluster())
    view.store({ ...pod('a', '10'), status: { phase: 'Running' } })
    view.store({ ...pod('a', '9'), status: { phase: 'Pending' } })
    expect(view.objectsOf(KEY).pods[0]?.['status']).toEqual({ phase: 'Running' })
  })
})
