/** Rights that are missing or taken away: told in the status, and gone on with when they are there. */
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Condition, DatabaseStatus } from '../../src/api/status.ts'
import type { ObjectQuery } from '../../src/applier/cluster/cluster-api.ts'
import type { WatchEvent } from '../../src/cluster/watch-event.ts'
import { runController } from '../../src/controller/controller.ts'
import { Reconciler } from '../../src/controller/reconciler.ts'
import { FakeCluster, refusal } from '../applier/fake-cluster.ts'
import { KEY, NOW, REFERENCE, emptyView, optionsAt, orders } from './orders.ts'

const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'orders-credentials', namespace: 'shop' } }
const claims = {
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name: 'data-orders-0', namespace: 'shop' },
}

function statusOf(cluster: FakeCluster): DatabaseStatus | undefined {
  return cluster.objects.get(REFERENCE)?.['status'] as DatabaseStatus | undefined
}

function condition(cluster: FakeCluster, type: string): Condition | undefined {
  return statusOf(cluster)?.conditions?.find((one) => one.type === type)
}

const time = { nowMs: NOW }

describe('a request that is forbidden', () => {
  const world = (): { cluster: FakeCluster; reconciler: Reconciler } => {
    const cluster = new FakeCluster()
    const view = emptyView()
    view.store(cluster.add(orders()))
    return { cluster, reconciler: new Reconciler(cluster, view, optionsAt(time)) }
  }

  test('while looking is told in the status, and looked at again with the back-off of the queue', async () => {
    const { cluster, reconciler } = world()
    cluster.failures.set('get Secret orders-credentials', refusal(403, 'Forbidden', secret))
    await expect(reconciler.reconcile(KEY)).rejects.toMatchObject({ code: 403 })
    for (const type of ['Ready', 'Degraded'])
      expect(condition(cluster, type)).toMatchObject({
        reason: 'Forbidden',
        message: expect.stringContaining('secrets shop/orders-credentials: 403 Forbidden'),
      })
    const writes = cluster.writes.length
    await expect(reconciler.reconcile(KEY)).rejects.toMatchObject({ code: 403 })
    expect(cluster.writes).toHaveLength(writes)

    cluster.failures.clear()
    await reconciler.reconcile(KEY)
    expect(statusOf(cluster)?.phase).toBe('Deploying')
    expect(condition(cluster, 'Degraded')).toMatchObject({ status: 'False' })
  })

  test('while writing is Failed, and tried again after a minute, then later each time', async () => {
    const { cluster, reconciler } = world()
    cluster.failures.set('create Secret orders-credentials', refusal(403, 'Forbidden', secret))
    for (const afterMs of [60_000, 120_000, 240_000, 300_000]) {
      expect(await reconciler.reconcile(KEY)).toEqual({ afterMs })
      expect(statusOf(cluster)).toMatchObject({ phase: 'Failed' })
      expect(condition(cluster, 'Ready')).toMatchObject({ reason: 'Forbidden' })
      time.nowMs += afterMs
    }
    cluster.failures.clear()
    await reconciler.reconcile(KEY)
    expect(statusOf(cluster)?.phase).toBe('Deploying')
  })

  test('that only passes is not told before it has failed three times', async () => {
    const { cluster, reconciler } = world()
    cluster.failures.set('get Secret orders-credentials', refusal(503, 'ServiceUnavailable', secret))
    for (const reason of [undefined, undefined, 'ServiceUnavailable']) {
      await expect(reconciler.reconcile(KEY)).rejects.toMatchObject({ code: 503 })
      expect(condition(cluster, 'Degraded')?.reason).toBe(reason)
    }
  })
})

/** A cluster that does not let its claims be seen until somebody allows it. */
class VeiledCluster extends FakeCluster {
  readonly #allowing: (() => void)[] = []

  /** Claims of the data and of the dumps are watched apart. */
  allow(): void {
    for (const allow of this.#allowing) allow()
  }

  override async watch(query: ObjectQuery, onEvent: (event: WatchEvent) => void, signal: AbortSignal): Promise<void> {
    if (query.kind === 'PersistentVolumeClaim') {
      const allowed = new Promise<void>((resolve) => this.#allowing.push(resolve))
      onEvent({ type: 'interrupted', error: refusal(403, 'Forbidden', claims), retryInMs: 800 })
      await allowed
      await Promise.resolve()
      const relay = (event: WatchEvent): void => {
        onEvent(event)
        if (event.type === 'synced') onEvent({ type: 'resumed' })
      }
      return super.watch(query, relay, signal)
    }
    return super.watch(query, onEvent, signal)
  }
}

test('what may not be seen is not taken for absent: no password is made beside volumes that nobody could look for', async () => {
  const cluster = new VeiledCluster()
  cluster.add(orders())
  const labels = { 'app.kubernetes.io/name': 'postgresql', 'app.kubernetes.io/instance': 'orders' }
  cluster.add({ ...claims, metadata: { ...claims.metadata, labels } })
  const ending = new AbortController()
  let isSynced = false
  const running = runController(cluster, {
    ...optionsAt(time, { stop: ending.signal }),
    namespaces: [],
    workers: 1,
    random: () => 0,
    signal: ending.signal,
    onSynced: () => (isSynced = true),
    queueObserver: {},
    onQueue: () => undefined,
    onFinished: () => undefined,
    onInterrupted: () => undefined,
  })
  onTestFinished(async () => {
    ending.abort()
    await running
  })
  await expect.poll(() => condition(cluster, 'Degraded')?.reason).toBe('Forbidden')
  expect(condition(cluster, 'Degraded')?.message).toContain('persistentvolumeclaims shop/data-orders-0: 403 Forbidden')
  await sleep(50)
  expect([...cluster.objects.values()].map(({ kind }) => kind)).toEqual(['Database', 'PersistentVolumeClaim'])
  expect(isSynced).toBe(false)

  cluster.allow()
  await expect.poll(() => condition(cluster, 'Ready')?.reason).toBe('CredentialsMissingForExistingData')
  expect([...cluster.objects.values()].map(({ kind }) => kind)).not.toContain('Secret')
  expect(isSynced).toBe(true)
})
