/** What the controller asks to be told of: each kind once, by label, in the namespaces and for the databases that are its. */
import { describe, expect, test } from 'vitest'
import type { KubernetesObject } from '../../src/api/object.ts'
import type { ObjectQuery } from '../../src/applier/cluster/cluster-api.ts'
import type { WatchEvent } from '../../src/cluster/watch-event.ts'
import { runController } from '../../src/controller/controller.ts'
import type { ControllerOptions } from '../../src/controller/controller.ts'
import { isInShard } from '../../src/controller/shard.ts'
import { FakeCluster } from '../applier/fake-cluster.ts'

class WatchedCluster extends FakeCluster {
  readonly watches: ObjectQuery[] = []

  override watch(query: ObjectQuery, onEvent: (event: WatchEvent) => void, signal: AbortSignal): Promise<void> {
    this.watches.push(query)
    return super.watch(query, onEvent, signal)
  }
}

const names = Array.from({ length: 12 }, (_, index) => `orders-${index}`)

/** Databases that need one look, because their spec is none. */
const invalid = (name: string): KubernetesObject => ({
  apiVersion: 'database.example.com/v1',
  kind: 'Database',
  metadata: { name, namespace: 'shop', generation: 1, labels: { tier: 'gold' } },
  spec: {},
})

/** Runs until every database that is looked after was looked at. */
async function run(
  part: Pick<ControllerOptions, 'namespaces' | 'selector' | 'shard'>,
): Promise<{ readonly watches: readonly ObjectQuery[]; readonly looked: ReadonlySet<string> }> {
  const cluster = new WatchedCluster()
  for (const name of names) cluster.add(invalid(name))
  const ending = new AbortController()
  const looked = new Set<string>()
  const nothing = (): undefined => undefined
  const { shard } = part
  const ours = names.filter((name) => shard === undefined || isInShard(`shop/${name}`, shard)).length
  await runController(cluster, {
    ...part,
    workers: 2,
    signal: ending.signal,
    route: 'off',
    paceMs: 0,
    probe: { reaches: () => Promise.resolve(false) },
    now: () => 0,
    steadyNow: () => 0,
    onSynced: nothing,
    queueObserver: {},
    onQueue: nothing,
    onFinished: ({ key }) => {
      looked.add(key)
      if (looked.size === ours) ending.abort()
    },
    onInterrupted: nothing,
    onTransition: nothing,
    onDriftCorrected: nothing,
    onCircuit: nothing,
    onGone: nothing,
  })
  return { watches: cluster.watches, looked }
}

describe('the controller watches', () => {
  test('each kind once in all namespaces, and no Secrets', async () => {
    const { watches } = await run({ namespaces: [] })
    const kinds = watches.map(({ kind }) => kind)
    expect(new Set(kinds).size).toBe(kinds.length)
    expect(kinds).toEqual(
      expect.arrayContaining(['Database', 'StatefulSet', 'Service', 'ConfigMap', 'Pod', 'PersistentVolumeClaim']),
    )
    expect(kinds).not.toContain('Secret')
    expect(watches.filter(({ namespace }) => namespace !== undefined)).toEqual([])
  })

  test.each([[['shop']], [['shop', 'bank']]])('only the namespaces %j', async (namespaces) => {
    const { watches } = await run({ namespaces })
    for (const namespace of namespaces)
      expect(watches.filter((query) => query.namespace === namespace && query.kind === 'Database')).toHaveLength(1)
    expect(watches.every(({ namespace }) => namespaces.includes(namespace ?? ''))).toBe(true)
    expect(watches).toHaveLength(new Set(watches.map(({ kind }) => kind)).size * namespaces.length)
  })

  test('of every kind but its own only what carries the labels of its manifests', async () => {
    const { watches } = await run({ namespaces: [], selector: 'tier=gold' })
    expect(watches.find(({ kind }) => kind === 'Database')?.labelSelector).toBe('tier=gold')
    for (const { kind, labelSelector } of watches.filter((query) => query.kind !== 'Database'))
      expect(labelSelector, kind).toMatch(
        /^app\.kubernetes\.io\/(name=postgresql(-\w+)?|name in \(postgresql,postgresql-backup\)|managed-by=cdk8s-database)$/,
      )
  })

  test('all databases, and looks after those of its shard', async () => {
    const halves = await Promise.all([0, 1].map((index) => run({ namespaces: [], shard: { index, count: 2 } })))
    const [first = new Set<string>(), second = new Set<string>()] = halves.map(({ looked }) => looked)
    expect(first.size).toBeGreaterThan(0)
    expect(second.size).toBeGreaterThan(0)
    expect([...first, ...second].toSorted()).toEqual(names.map((name) => `shop/${name}`).toSorted())
  })
})
