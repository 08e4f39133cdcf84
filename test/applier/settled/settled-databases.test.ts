import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatReference } from '../../../src/api/object.ts'
import type { KubernetesObject } from '../../../src/api/object.ts'
import { plannedChanges } from '../../../src/applier/planning/planned-changes.ts'
import { documentsOf } from '../../../src/applier/planning/settled-record.ts'
import { isKnownByItsObjects } from '../../../src/applier/settled/fingerprint.ts'
import { SettledDatabases } from '../../../src/applier/settled/settled-databases.ts'
import type { DatabaseItem } from '../../../src/applier/set/apply-set.ts'
import type { FakeCluster } from '../fake-cluster.ts'
import { refusal } from '../fake-cluster.ts'
import {
  NAMES,
  NOW,
  TestMemory,
  clusterWith,
  manifestOf,
  ready,
  renderedManifests,
  run,
  setByDocuments,
  setOf,
} from './settled-world.ts'

const all = await setOf(...NAMES.map((name) => manifestOf(name)))
const keys = (recalled: ReadonlyMap<DatabaseItem, unknown>): string[] => [...recalled.keys()].map(({ key }) => key)
const everyone = NAMES.map((name) => `shop/${name}`)
const without = (name: string): string[] => everyone.filter((key) => key !== `shop/${name}`)

/** A cluster and a memory after a run that found nothing to do. */
async function afterOneRun(): Promise<{ readonly cluster: FakeCluster; readonly memory: TestMemory }> {
  const [cluster, memory] = [clusterWith(all), new TestMemory()]
  expect(keys(await run(cluster, all, memory))).toEqual([])
  return { cluster, memory }
}

/** What becomes of an object by any write: another version. */
function touch(cluster: FakeCluster, object: KubernetesObject): void {
  const { metadata } = object
  const written = { ...metadata, resourceVersion: String(Number(metadata.resourceVersion) + 1) }
  cluster.objects.set(formatReference({ ...object, ...metadata }), { ...object, metadata: written })
}

describe('what a run leaves for the next one', () => {
  test('is every database that was ready and had nothing to do', async () => {
    const { cluster, memory } = await afterOneRun()
    const recalled = await run(cluster, all, memory)
    expect(keys(recalled)).toEqual(everyone)
    for (const { resource, children, credentials, settled } of recalled.values()) {
      expect([resource, ...children].map(({ verdict, proof }) => `${verdict} ${proof}`)).toEqual(
        [resource, ...children].map(() => 'unchanged remembered'),
      )
      expect(resource.live?.metadata.uid).toMatch(/^uid-/)
      expect([credentials, settled?.endpoint, settled?.secretName]).toEqual(['keep', 'here:5432', 'secret'])
    }
  })

  test('is enough to say of each that nothing is to be done, without reading its manifests', async () => {
    const text = await renderedManifests(...NAMES.map((name) => manifestOf(name)))
    const read = await setByDocuments(text)
    const [cluster, memory] = [clusterWith(read), new TestMemory()]
    await run(cluster, read, memory)
    const known = await setByDocuments(text, documentsOf(memory.records ?? { revision: '', databases: new Map() }))
    const recalled = await run(cluster, known, memory)
    expect(keys(recalled)).toEqual(everyone)
    const plan = { others: [], databases: [...recalled.values()] }
    const changes = plannedChanges(plan, { documents: false, hashes: false })
    expect(new Set(changes.map(({ action }) => action))).toEqual(new Set(['unchanged']))
    expect(changes.map(({ source }) => source)).toEqual(
      read.databases.flatMap((item) => [item.resource, item.credentials, ...item.children].map((part) => part?.source)),
    )
    expect(() => known.databases[0]?.database).toThrow('a known document was read')
  })

  test('lasts over runs that look at nothing', async () => {
    const { cluster, memory } = await afterOneRun()
    await run(cluster, all, memory)
    expect(keys(await run(cluster, all, memory))).toEqual(everyone)
  })

  test('is not believed of a database of which anything was touched, and of all others it is', async () => {
    const objects = [...clusterWith(all).objects.keys()]
    const names = fc.constantFrom(...objects)
    const fates = fc.constantFrom('written', 'deleted', 'made again', 'joined by another')
    await fc.assert(
      fc.asyncProperty(names, fates, async (name, fate) => {
        const { cluster, memory } = await afterOneRun()
        const object = cluster.objects.get(name)
        if (object === undefined) throw new Error(`no ${name}`)
        const { metadata, kind } = object
        const owner = metadata.labels?.['app.kubernetes.io/instance'] ?? metadata.name
        if (fate === 'written') touch(cluster, object)
        if (fate === 'deleted' || fate === 'made again') cluster.objects.delete(name)
        const { uid: _, ...fresh } = metadata
        if (fate === 'made again') cluster.add({ ...object, metadata: fresh })
        if (fate === 'joined by another') cluster.add({ ...object, metadata: { ...fresh, name: `${metadata.name}-1` } })
        const isStranger = fate === 'joined by another' && kind !== 'Pod' && kind !== 'PersistentVolumeClaim'
        expect(keys(await run(cluster, all, memory))).toEqual(isStranger ? everyone : without(owner))
      }),
      { numRuns: 30 },
    )
  })

  test('is not believed of a database whose manifest says something else', async () => {
    const { cluster, memory } = await afterOneRun()
    const edited = await setOf(
      manifestOf('alpha'),
      manifestOf('beta', '  parameters: { work_mem: 8MB }\n'),
      manifestOf('gamma'),
    )
    expect(keys(await run(cluster, edited, memory))).toEqual(without('beta'))
  })

  test('is not believed for longer than a day', async () => {
    const { cluster, memory } = await afterOneRun()
    const later = (hours: number): { now: () => number } => ({ now: () => NOW + hours * 3_600_000 })
    const untouched = { load: () => memory.records, store: () => undefined }
    expect(keys(await run(cluster, all, untouched, later(23)))).toEqual(everyone)
    expect(keys(await run(cluster, all, memory, later(24)))).toEqual([])
  })

  test('is not believed where the clock was set back', async () => {
    const { cluster, memory } = await afterOneRun()
    expect(keys(await run(cluster, all, memory, { now: () => NOW - 1 }))).toEqual([])
  })

  test('is not believed of a server that was set back to an earlier state', async () => {
    const { cluster, memory } = await afterOneRun()
    await run(cluster, all, memory)
    cluster.version = '999'
    expect(keys(await run(cluster, all, memory))).toEqual([])
  })

  test('says nothing of a login where a run without logins left it', async () => {
    const [cluster, memory] = [clusterWith(all), new TestMemory()]
    const unverified = { verified: false, outcome: (item: DatabaseItem) => ready(item, 'none') }
    await run(cluster, all, memory, unverified)
    expect(keys(await run(cluster, all, memory))).toEqual([])
    await run(cluster, all, memory, unverified)
    expect(keys(await run(cluster, all, memory, unverified))).toEqual(everyone)
  })

  test('is nothing of a database that did not end ready, or is degraded', async () => {
    const [cluster, memory] = [clusterWith(all), new TestMemory()]
    await run(cluster, all, memory, {
      outcome: (item) => {
        if (item.key === 'shop/alpha') return { type: 'stalled', reason: 'LoginRejected', message: 'no' }
        const outcome = ready(item)
        if (item.key !== 'shop/beta' || outcome.type !== 'ready') return outcome
        const degraded = {
          type: 'Degraded',
          status: 'True',
          reason: 'RestartPending',
          message: 'later',
          lastTransitionTime: '2026-11-21T12:00:00Z',
        } as const
        return { ...outcome, status: { ...outcome.status, conditions: [degraded] } }
      },
    })
    expect([...(memory.records?.databases.keys() ?? [])]).toEqual(['shop/gamma'])
  })

  test('is nothing of a database that depends on more than its objects', async () => {
    const set = await setOf(
      manifestOf('alpha', '  credentials: { existingSecret: { name: mine } }\n'),
      manifestOf('beta', '  dependencies: [{ object: { apiVersion: v1, kind: ConfigMap, name: gate } }]\n'),
      manifestOf('gamma'),
    )
    const [cluster, memory] = [clusterWith(set), new TestMemory()]
    await run(cluster, set, memory)
    expect([...(memory.records?.databases.keys() ?? [])]).toEqual(['shop/gamma'])
  })

  test('is nothing of a database with standbys, whose own Secret stands in no manifest', async () => {
    const set = await setOf(manifestOf('alpha', '  replicas: 2\n'), manifestOf('beta'))
    const [cluster, memory] = [clusterWith(set), new TestMemory()]
    await run(cluster, set, memory)
    expect([...(memory.records?.databases.keys() ?? [])]).toEqual(['shop/beta'])
  })

  test('is nothing of a database whose spec says something that nobody has thought about here', () => {
    const [item] = all.databases
    if (item === undefined) throw new Error('no database')
    const spec = { ...item.database.spec, novelty: { secretName: 'elsewhere' } }
    expect(isKnownByItsObjects(item)).toBe(true)
    expect(isKnownByItsObjects({ ...item, database: { ...item.database, spec } })).toBe(false)
  })

  test('stays for databases that a later run is not about', async () => {
    const { cluster, memory } = await afterOneRun()
    await run(cluster, await setOf(manifestOf('alpha')), memory)
    expect([...(memory.records?.databases.keys() ?? [])].toSorted()).toEqual(everyone)
  })

  test('is not looked up where little of the set is known', async () => {
    const { cluster, memory } = await afterOneRun()
    const known = new Map([...(memory.records?.databases ?? [])].slice(0, 1))
    memory.records = { revision: '0', databases: known }
    expect(keys(await run(cluster, all, memory))).toEqual([])
  })

  test('is left alone by who may not list', async () => {
    const { cluster, memory } = await afterOneRun()
    const [database] = all.databases
    cluster.failures.set(
      'list Secret ',
      refusal(403, 'Forbidden', database?.resource.object ?? { apiVersion: '', kind: '', metadata: { name: '' } }),
    )
    const settled = new SettledDatabases(memory, { verified: true, now: () => NOW })
    expect(keys(await settled.recall(cluster, all, () => undefined))).toEqual([])
  })

  test('is not believed of an object that another apply set knows by now', async () => {
    const { cluster, memory } = await afterOneRun()
    const settled = new SettledDatabases(memory, { verified: true, now: () => NOW })
    const otherSet = ({ name }: { readonly name: string }): string | undefined =>
      name === 'beta-config' ? 'theirs (namespace shop)' : undefined
    expect(keys(await settled.recall(cluster, all, otherSet))).toEqual(without('beta'))
  })
})
