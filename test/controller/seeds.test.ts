/** What a controller of this kind is asked to do when something fails, one test each, on time that a test sets. */
import { expect, test } from 'vitest'
import { formatReference, referenceOf } from '../../src/api/object.ts'
import type { KubernetesObject } from '../../src/api/object.ts'
import type { DatabaseStatus } from '../../src/api/status.ts'
import type { FleetView } from '../../src/controller/fleet-view.ts'
import { Reconciler } from '../../src/controller/reconciler.ts'
import type { ReconcilerOptions } from '../../src/controller/reconciler-options.ts'
import type { Requeue } from '../../src/controller/reconciler.ts'
import { FakeCluster, refusal } from '../applier/fake-cluster.ts'
import { KEY, NOW, REFERENCE, emptyView, optionsAt, orders } from './orders.ts'

const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'orders-credentials', namespace: 'shop' } }

interface World {
  readonly cluster: FakeCluster
  readonly view: FleetView
  readonly time: { nowMs: number }
  readonly circuits: string[]
  readonly dependency: { isThere: boolean; probes: number }
  readonly look: () => Promise<Requeue>
  readonly status: () => DatabaseStatus | undefined
}

function worldOf(database: KubernetesObject): World {
  const cluster = new FakeCluster()
  const view = emptyView()
  view.store(cluster.add(database))
  const time = { nowMs: NOW }
  const dependency = { isThere: false, probes: 0 }
  const circuits: string[] = []
  const probe = {
    reaches() {
      dependency.probes += 1
      return Promise.resolve(dependency.isThere)
    },
  }
  const onCircuit: ReconcilerOptions['onCircuit'] = (_key, { state }) => circuits.push(state)
  const reconciler = new Reconciler(cluster, view, optionsAt(time, { probe, onCircuit }))
  return {
    cluster,
    view,
    time,
    circuits,
    dependency,
    look: () => reconciler.reconcile(KEY),
    status: () => cluster.objects.get(REFERENCE)?.['status'] as DatabaseStatus | undefined,
  }
}

const waiting = (): World => worldOf(orders({ spec: { dependencies: [{ address: '192.0.2.1:8200' }] } }))

/** Looks so often, each time when it was asked to. @returns the waits */
async function lookInTime({ look, time }: World, times: number): Promise<(number | undefined)[]> {
  const waits: (number | undefined)[] = []
  for (let looks = 0; looks < times; looks += 1) {
    const wait = (await look())?.afterMs
    waits.push(wait)
    time.nowMs += wait ?? 0
  }
  return waits
}

test('a database that is Failed is tried again, after a minute at first', async () => {
  const world = worldOf(orders())
  world.cluster.failures.set('create Secret orders-credentials', new Error('nobody has a word for it'))
  expect(await world.look()).toEqual({ afterMs: 60_000 })
  expect(world.status()).toMatchObject({ phase: 'Failed', retries: 1, nextRetryTime: '2026-11-21T12:01:00Z' })
  world.cluster.failures.clear()
  world.time.nowMs += 60_000
  await world.look()
  expect(world.status()?.phase).toBe('Deploying')
})

test('an invalid spec is not tried again', async () => {
  const world = worldOf(orders({ spec: { image: 'postgres:latest' } }))
  expect(await world.look()).toBeUndefined()
  expect(world.status()).toMatchObject({ phase: 'Failed' })
  expect(world.status()?.conditions?.find(({ type }) => type === 'Stalled')).toMatchObject({ status: 'True' })
})

test('a dependency that is down is asked again after 30 s, for as long as the circuit is closed', async () => {
  expect(await lookInTime(waiting(), 5)).toEqual([30_000, 30_000, 30_000, 30_000, 30_000])
})

test('the back-off doubles up to five minutes, and begins anew after a success', async () => {
  const world = worldOf(orders())
  world.cluster.failures.set('create Secret orders-credentials', refusal(503, 'ServiceUnavailable', secret))
  expect(await lookInTime(world, 8)).toEqual([5000, 10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000])
  expect(world.status()).toMatchObject({ retries: 8 })
  world.cluster.failures.clear()
  await world.look()
  expect(world.status()?.retries).toBeUndefined()
})

test('the breaker opens after the sixth failure in a row', async () => {
  const world = waiting()
  await lookInTime(world, 5)
  expect(world.circuits).toEqual(['closed'])
  expect(await lookInTime(world, 1)).toEqual([60_000])
  expect(world.circuits).toEqual(['closed', 'open'])
})

test('half-open, one probe is made, whoever looks meanwhile', async () => {
  const world = waiting()
  await lookInTime(world, 5)
  await world.look()
  world.time.nowMs += 59_000
  for (let looks = 0; looks < 3; looks += 1) expect(await world.look()).toEqual({ afterMs: 1000 })
  expect(world.dependency.probes).toBe(6)
  world.time.nowMs += 1000
  for (let looks = 0; looks < 3; looks += 1) expect(await world.look()).toEqual({ afterMs: 60_000 })
  expect(world.dependency.probes).toBe(7)
  expect(world.circuits).toEqual(['closed', 'open', 'half-open', 'open'])
})

test('a status that could not be written is written later, and what was done before it is not done again', async () => {
  const world = worldOf(orders())
  const { cluster, look, status } = world
  /** Refuses the status from the moment when the StatefulSet is there. */
  const apply = cluster.apply.bind(cluster)
  let isRefusing = true
  cluster.apply = (object, options) => {
    const isThere = [...cluster.objects.values()].some(({ kind }) => kind === 'StatefulSet')
    if (options.subresource === 'status' && isThere && isRefusing)
      return Promise.reject(refusal(503, 'ServiceUnavailable', object))
    return apply(object, options)
  }
  await expect(look()).rejects.toMatchObject({ code: 503 })
  expect(status()?.phase).not.toBe('Deploying')
  const secrets = (): number => cluster.writes.filter(({ reference }) => reference.startsWith('v1 Secret')).length
  expect(secrets()).toBe(1)
  isRefusing = false
  for (const object of cluster.objects.values()) if (object.kind === 'StatefulSet') world.view.store(object)
  await look()
  expect(status()?.phase).toBe('Deploying')
  expect(secrets()).toBe(1)
})

test('a write that met a conflict is computed anew from what is there, not sent again', async () => {
  const world = worldOf(orders())
  const { cluster, view, look } = world
  const sent: string[] = []
  const patch = cluster.patch.bind(cluster)
  cluster.patch = (reference, operations, options) => {
    sent.push(JSON.stringify(operations))
    if (sent.length > 1) return patch(reference, operations, options)
    const live = cluster.objects.get(formatReference(reference))
    if (live === undefined) throw new Error('no Database')
    const theirs = {
      ...live,
      metadata: { ...live.metadata, resourceVersion: '7', finalizers: ['example.com/theirs'] },
    }
    cluster.objects.set(formatReference(referenceOf(theirs)), theirs)
    view.store(theirs)
    return Promise.reject(refusal(409, 'Conflict', live))
  }
  await expect(look()).rejects.toMatchObject({ code: 409 })
  await look()
  expect(sent).toHaveLength(2)
  expect(sent[1]).toContain('"value":"7"')
  expect(sent[1]).toContain('"value":["example.com/theirs","database.example.com/finalizer"]')
})
