/** A deletion that is interrupted at any of its requests goes on where it was, whoever goes on with it. */
import { describe, expect, test } from 'vitest'
import { formatReference, referenceOf } from '../../src/api/object.ts'
import type { KubernetesObject } from '../../src/api/object.ts'
import { Reconciler } from '../../src/controller/reconciler.ts'
import { FakeCluster } from '../applier/fake-cluster.ts'
import { KEY, REFERENCE, emptyView, optionsAt, orders } from './orders.ts'

const FINALIZER = 'database.example.com/finalizer'
const KEPT = ['v1 PersistentVolumeClaim shop/data-orders-0', 'v1 Secret shop/orders-credentials']

class Killed extends Error {}

/** A cluster under a controller that dies at its n-th request: before the server executes it, or before it answers. */
class DeadlyCluster extends FakeCluster {
  /** Every request, with its verb. */
  readonly requests: string[] = []
  killAt = Number.POSITIVE_INFINITY
  isExecuted = false

  async #through<Result>(verb: string, reference: string, run: () => Promise<Result>): Promise<Result> {
    this.requests.push(`${verb} ${reference}`)
    if (this.requests.length !== this.killAt) return run()
    if (this.isExecuted) await run()
    throw new Killed()
  }

  override get(...args: Parameters<FakeCluster['get']>): ReturnType<FakeCluster['get']> {
    return this.#through('get', formatReference(args[0]), () => super.get(...args))
  }

  override list(...args: Parameters<FakeCluster['list']>): ReturnType<FakeCluster['list']> {
    return this.#through('list', args[0].kind, () => super.list(...args))
  }

  override apply(...args: Parameters<FakeCluster['apply']>): ReturnType<FakeCluster['apply']> {
    return this.#through('apply', formatReference(referenceOf(args[0])), () => super.apply(...args))
  }

  override patch(...args: Parameters<FakeCluster['patch']>): ReturnType<FakeCluster['patch']> {
    return this.#through('patch', formatReference(args[0]), () => super.patch(...args))
  }

  override delete(...args: Parameters<FakeCluster['delete']>): ReturnType<FakeCluster['delete']> {
    return this.#through('delete', formatReference(args[0]), () => super.delete(...args))
  }
}

/** What is there of a database that ran when somebody deleted it. */
function goingDatabase(deletionPolicy: string): DeadlyCluster {
  const cluster = new DeadlyCluster()
  const labels = {
    'app.kubernetes.io/name': 'postgresql',
    'app.kubernetes.io/instance': 'orders',
    'app.kubernetes.io/managed-by': 'cdk8s-database',
  }
  const going = { finalizers: [FINALIZER], deletionTimestamp: '2026-11-21T11:59:00Z' }
  const { metadata } = cluster.add(orders({ metadata: going, spec: { deletionPolicy } }))
  const owner = { apiVersion: 'database.example.com/v1', kind: 'Database', name: 'orders', uid: metadata.uid ?? '' }
  const child = (apiVersion: string, kind: string, name: string, more: object = {}): KubernetesObject =>
    cluster.add({ apiVersion, kind, metadata: { name, namespace: 'shop', labels, ...more } })
  child('apps/v1', 'StatefulSet', 'orders', { ownerReferences: [{ ...owner, controller: true }] })
  child('v1', 'Pod', 'orders-0')
  child('v1', 'PersistentVolumeClaim', 'data-orders-0')
  child('v1', 'Secret', 'orders-credentials')
  return cluster
}

/** What a controller finds that has just been started. */
function startedOn(cluster: FakeCluster): Reconciler {
  const view = emptyView()
  for (const object of cluster.objects.values()) if (object.kind !== 'Secret') view.store(object)
  return new Reconciler(cluster, view, optionsAt())
}

/** Looks again and again, each time as a new process, until the finalizer is gone. @returns how it was when it went */
async function toTheEnd(cluster: DeadlyCluster): Promise<{ readonly left: string[]; readonly deletions: string[] }> {
  for (let looks = 0; looks < 12; looks += 1) {
    // The garbage collector takes the pods when their StatefulSet is gone.
    if (!cluster.objects.has('apps/v1 StatefulSet shop/orders')) cluster.objects.delete('v1 Pod shop/orders-0')
    await startedOn(cluster)
      .reconcile(KEY)
      .catch((error: unknown) => {
        if (!(error instanceof Killed)) throw error
      })
    if (cluster.objects.get(REFERENCE)?.metadata.finalizers?.includes(FINALIZER) !== true) {
      const deletions = cluster.writes.filter(({ verb }) => verb === 'delete').map(({ reference }) => reference)
      return { left: [...cluster.objects.keys()].filter((name) => name !== REFERENCE).toSorted(), deletions }
    }
  }
  throw new Error(`the finalizer is still there: ${cluster.requests.join('\n')}`)
}

describe.each(['Retain', 'Delete'])('with deletionPolicy %s', async (policy) => {
  const undisturbed = goingDatabase(policy)
  const expected = await toTheEnd(undisturbed)
  const requests = undisturbed.requests.length

  test('the pods stop first, data goes only where the policy says so, the finalizer last', () => {
    expect(expected.left).toEqual(policy === 'Delete' ? [] : KEPT)
    expect(expected.deletions).toEqual(['apps/v1 StatefulSet shop/orders', ...(policy === 'Delete' ? KEPT : [])])
    expect(undisturbed.requests.at(-1)).toBe(`patch ${REFERENCE}`)
    expect(requests).toBeGreaterThan(3)
  })

  const kills = Array.from({ length: requests }, (_, index) => index + 1)
  test.each(kills.flatMap((at) => [[at, false] as const, [at, true] as const]))(
    'killed at request %i (executed: %s), it ends alike, and nothing is deleted twice',
    async (killAt, isExecuted) => {
      const cluster = Object.assign(goingDatabase(policy), { killAt, isExecuted })
      expect(await toTheEnd(cluster)).toEqual(expected)
    },
  )
})
