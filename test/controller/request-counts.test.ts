/** What one database costs the API server, counted and not timed. */
import { describe, expect, test } from 'vitest'
import { formatReference, referenceOf } from '../../src/api/object.ts'
import type { KubernetesObject, ObjectReference } from '../../src/api/object.ts'
import type { ApplyOptions } from '../../src/applier/cluster/cluster-api.ts'
import type { FleetView } from '../../src/controller/fleet-view.ts'
import { Reconciler } from '../../src/controller/reconciler.ts'
import { FakeCluster } from '../applier/fake-cluster.ts'
import { KEY, NOW, emptyView, optionsAt, orders } from './orders.ts'

/** Keeps every request, dry runs and reads included. */
class CountedCluster extends FakeCluster {
  readonly requests: string[] = []

  override get(reference: ObjectReference): Promise<KubernetesObject | undefined> {
    this.requests.push(`get ${reference.kind} ${reference.name}`)
    return super.get(reference)
  }

  override apply(object: KubernetesObject, options: ApplyOptions): Promise<KubernetesObject> {
    const what = `${options.dryRun === true ? 'dry-run' : 'apply'} ${object.kind} ${object.metadata.name}`
    this.requests.push(options.subresource === undefined ? what : `${what} ${options.subresource}`)
    return super.apply(object, options)
  }
}

function worldOf(): {
  cluster: CountedCluster
  view: FleetView
  clock: { nowMs: number }
  look: () => Promise<unknown>
} {
  const cluster = new CountedCluster()
  const clock = { nowMs: NOW }
  const view = emptyView()
  view.store(cluster.add(orders()))
  const reconciler = new Reconciler(cluster, view, optionsAt(clock))
  return { cluster, view, clock, look: () => reconciler.reconcile(KEY) }
}

const reads = ({ requests }: CountedCluster): string[] => requests.filter((request) => request.startsWith('get '))
const readsOfSecret = (cluster: CountedCluster): number =>
  reads(cluster).filter((read) => read === 'get Secret orders-credentials').length

describe('a new Database', () => {
  test('asks for its Secret and what comes after its volume; whether somebody else has the other names, the server says at the write', async () => {
    const { cluster, look } = worldOf()
    await look()
    expect(reads(cluster)).toEqual(['get Service orders', 'get Service orders-pods', 'get Secret orders-credentials'])
    // Eight children and four phases; the finalizer and the Secret are no applies.
    expect(cluster.requests.filter((request) => request.endsWith(' status'))).toHaveLength(4)
    expect(cluster.requests).toHaveLength(3 + 8 + 4)
  })

  test('that meets an object of somebody else leaves it as it is, asks once for all, and says whose it is not', async () => {
    const { cluster, view, look } = worldOf()
    const theirs = cluster.add({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'orders-config', namespace: 'shop' },
      data: { a: 'theirs' },
    })
    await look()
    expect(cluster.objects.get(formatReference(referenceOf(theirs)))).toEqual(theirs)
    expect(view.objectsOf(KEY).database).toMatchObject({ status: { phase: 'Failed' } })
    expect(JSON.stringify(view.objectsOf(KEY).database)).toContain('ConfigMap orders-config is not touched')
    // Whoever was not there yet is asked for, once.
    expect(reads(cluster).filter((read) => read === 'get NetworkPolicy orders')).toHaveLength(1)
    expect([...cluster.objects.values()].map(({ kind }) => kind)).not.toContain('StatefulSet')
  })

  test('that meets one which came between the question and the write does not take it either, and comes back later', async () => {
    const { cluster, view, look } = worldOf()
    await look()
    const [key, service] = [...cluster.objects].find(([, { kind }]) => kind === 'Service') ?? []
    if (key === undefined || service === undefined) throw new Error('there is no Service')
    cluster.objects.delete(key)
    view.forget(referenceOf(service), service.metadata.uid)
    const theirs = { ...service, metadata: { name: service.metadata.name, namespace: 'shop', resourceVersion: '7' } }
    const get = cluster.get.bind(cluster)
    cluster.get = async (reference) => {
      const live = await get(reference)
      if (reference.kind === 'Service') cluster.objects.set(key, theirs)
      return live
    }
    expect(await look()).toEqual({ afterMs: 5000 })
    expect(cluster.objects.get(key)).toBe(theirs)
    expect(view.objectsOf(KEY).database).toMatchObject({ status: { retries: 1 } })
  })
})

describe('a Database that starts', () => {
  test('reads its password no more often than twice a minute, whatever is told of its pods', async () => {
    const { cluster, clock, look } = worldOf()
    for (let times = 0; times < 10; times += 1) await look()
    expect(readsOfSecret(cluster)).toBe(1)
    clock.nowMs += 31_000
    for (let times = 0; times < 10; times += 1) await look()
    expect(readsOfSecret(cluster)).toBe(2)
  })
})
