import { expect, test } from 'vitest'
import { formatReference, referenceOf } from '../../src/api/object.ts'
import type { ReconcilerOptions } from '../../src/controller/reconciler-options.ts'
import { Reconciler } from '../../src/controller/reconciler.ts'
import { describeSpecChange, specChangeOf } from '../../src/controller/spec-change.ts'
import { FakeCluster } from '../applier/fake-cluster.ts'
import { KEY, emptyView, optionsAt, orders } from './orders.ts'

test('a new spec is told once, with what it does to the running database and without a value', async () => {
  const cluster = new FakeCluster()
  const view = emptyView()
  const told: string[] = []
  const onSpecChange: ReconcilerOptions['onSpecChange'] = (_key, change) => told.push(describeSpecChange(change))
  const reconciler = new Reconciler(cluster, view, optionsAt(undefined, { onSpecChange }))
  const database = orders()
  view.store(cluster.add(database))
  await reconciler.reconcile(KEY)
  expect(told).toEqual([])

  for (const object of cluster.objects.values()) if (object.kind !== 'Secret') view.store(object)
  const live = view.objectsOf(KEY).database ?? database
  const metadata = { ...live.metadata, generation: 2, resourceVersion: '900' }
  const changed = { ...live, metadata, spec: { ...(live['spec'] as object), image: 'postgres:16.5' } }
  cluster.objects.set(formatReference(referenceOf(changed)), changed)
  view.store(changed)
  await reconciler.reconcile(KEY)
  await reconciler.reconcile(KEY)
  expect(told).toHaveLength(1)
  expect(told[0]).toMatch(
    /^The spec has changed; impact on the running database: restart\. What differs: .*StatefulSet spec\.template\.spec\.containers.*image/,
  )
  expect(told[0]).not.toContain('16.5')
})

test('what goes is named before what differs', () => {
  const reference = { apiVersion: 'batch/v1', kind: 'CronJob', namespace: 'shop', name: 'orders-backup' }
  expect(describeSpecChange(specChangeOf([], [{ reference, uid: 'cron-uid' }]))).toBe(
    'The spec has changed; impact on the running database: none. What differs: CronJob orders-backup (gone).',
  )
})

test('of many fields only some are named', () => {
  const fields = ['a', 'b', 'c', 'd', 'e', 'f', 'g']
  expect(describeSpecChange({ impact: 'reload', fields })).toBe(
    'The spec has changed; impact on the running database: reload. What differs: a, b, c, d, e and 2 more.',
  )
  expect(describeSpecChange({ impact: 'none', fields: [] })).toBe('The spec has changed; no child differs.')
})
