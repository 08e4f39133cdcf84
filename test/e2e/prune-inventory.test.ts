/** The inventory of an apply set on a real API server: sizes, races and kills. */
import { describe, expect, test } from 'vitest'
import { INVENTORY_LABEL, indexReference } from '../../src/applier/inventory/inventory-objects.ts'
import { readInventories, readInventory } from '../../src/applier/inventory/inventory-reading.ts'
import type { StoredInventory } from '../../src/applier/inventory/inventory-objects.ts'
import { writeExact, writeSuperset } from '../../src/applier/inventory/inventory-store.ts'
import { memberOf, sortMembers } from '../../src/plan/inventory.ts'
import type { Member } from '../../src/plan/inventory.ts'
import { createNamespace, useControlPlane } from '../cluster/shared.ts'
import { Killed, clusterApi, configMap, killedAt, runSet } from './prune-run.ts'

const controlPlane = await useControlPlane()
const namespace = await createNamespace(controlPlane, 'inventory')
const api = await clusterApi(controlPlane.kubeconfig)

const member = (name: string, uid?: string): Member =>
  memberOf({ apiVersion: 'v1', kind: 'ConfigMap', namespace, name }, uid)

const configMapsOf = (set: string): Promise<readonly { metadata: { name: string } }[]> =>
  api.listMetadata({ apiVersion: 'v1', kind: 'ConfigMap', namespace, labelSelector: `${INVENTORY_LABEL}=${set}` })

describe('an inventory of 20,000 members', () => {
  // Uids are what does not compress: real ones, as random as the server's.
  const members = sortMembers(
    Array.from({ length: 20_000 }, (_, index) => member(`database-${index}-config`, crypto.randomUUID())),
  )

  test.each([
    ['as it is', undefined],
    ['in parts of 64 KiB', 64 * 1024],
  ])('is written and read back, %s', async (_, partBytes) => {
    const name = { set: `large-${partBytes ?? 'whole'}`, namespace }
    const options = partBytes === undefined ? {} : { partBytes }
    const before = await writeSuperset(api, await readInventory(api, name), [member('first')], options)
    const written = await writeExact(api, before, members, [], options)
    expect((await readInventory(api, name)).members).toEqual(members)
    expect((await configMapsOf(name.set)).length).toBe(written.parts.length + 1)
    if (partBytes !== undefined) expect(written.parts.length).toBeGreaterThan(5)
  })

  test('shrinks to one part again, and nothing is left of the others', async () => {
    const name = { set: `large-${64 * 1024}`, namespace }
    const written = await writeExact(api, await readInventory(api, name), members.slice(0, 3), [])
    expect(written.parts).toEqual([])
    expect(await configMapsOf(name.set)).toHaveLength(1)
    expect((await readInventory(api, name)).members).toEqual(members.slice(0, 3))
  })
})

describe('runs of one set at the same time', () => {
  test('lose none of their members, whoever writes first', async () => {
    const name = { set: 'race', namespace }
    const options = { partBytes: 300 }
    const runs = Array.from({ length: 5 }, (_, run) =>
      Array.from({ length: 12 }, (_item, index) => member(`run-${run}-${index}`)),
    )
    const empty = await readInventory(api, name)
    const befores = await Promise.all(runs.map((desired) => writeSuperset(api, empty, desired, options)))
    expect((await readInventory(api, name)).members).toEqual(sortMembers(runs.flat()))
    const known = runs.map((desired) => desired.map((item) => memberOf(item, crypto.randomUUID())))
    await Promise.all(known.map((desired, run) => writeExact(api, befores[run] ?? empty, desired, [], options)))
    expect((await readInventory(api, name)).members).toEqual(sortMembers(known.flat()))
  })

  test('forget nothing that another run may be about to create', async () => {
    const name = { set: 'beside', namespace }
    await writeSuperset(api, await readInventory(api, name), [member('going')])
    const slow = await readInventory(api, name)
    // The other run wants what this one found gone; all it can say so far is that it knows it.
    await writeSuperset(api, slow, [member('going')])
    const after = await writeExact(api, slow, [member('staying', 'uid-1')], [])
    expect(after.members).toEqual([member('going'), member('staying', 'uid-1')])
  })

  test('write again where the inventory was deleted meanwhile', async () => {
    const name = { set: 'deleted', namespace }
    const before = await writeSuperset(api, await readInventory(api, name), [member('a')])
    await api.delete(indexReference(name), before.index?.uid ?? '')
    await writeExact(api, before, [member('a', 'uid-a')], [])
    expect((await readInventory(api, name)).members).toEqual([member('a', 'uid-a')])
  })
})

describe('a set in which nothing changed', () => {
  test('costs no write', async () => {
    const name = { set: 'quiet', namespace }
    const manifests = ['quiet-1', 'quiet-2'].map((object) => configMap(namespace, object))
    await runSet(api, name, manifests)
    const first = await readInventory(api, name)
    const desired = first.members
    const before = await writeSuperset(api, first, desired)
    await writeExact(api, before, desired, [])
    expect(await readInventory(api, name)).toEqual(first)
  })
})

describe('a run that is killed', () => {
  // Small enough that these inventories have several parts.
  const options = { partBytes: 160 }

  async function existing(prefix: string): Promise<string[]> {
    const objects = await api.listMetadata({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      namespace,
      labelSelector: 'made=yes',
    })
    return objects.map(({ metadata }) => metadata.name).filter((name) => name.startsWith(`${prefix}-`))
  }

  test.each([
    ['the first of its set', []],
    ['after another', ['a', 'b', 'c']],
  ])('at any request, %s, leaves an inventory that knows every object', async (_, previous) => {
    let points = 0
    for (let point = 1; ; point += 1) {
      const prefix = `after-${previous.length}-${point}`
      const name = { set: prefix, namespace }
      const apply = (letters: readonly string[], target = api): Promise<StoredInventory> => {
        const manifests = letters.map((letter) => configMap(namespace, `${prefix}-${letter}`, String(letters.length)))
        return runSet(target, name, manifests, options)
      }
      if (previous.length > 0) await apply(previous)
      const killed = killedAt(api, point)
      const end = await apply(['c', 'd', 'e', 'f'], killed.api).catch((error: unknown) => error)
      if (!(await killed.settled())) break
      points += 1
      expect(end, `request ${point}`).toBeInstanceOf(Killed)
      const known = (await readInventory(api, name)).members.map((found) => found.name)
      expect(known, `request ${point}`).toEqual(expect.arrayContaining(await existing(prefix)))
      // The next run wants less, so that whatever the killed one made must be found and deleted.
      const { members } = await apply(['a', 'd'])
      const wanted = [`${prefix}-a`, `${prefix}-d`]
      expect((await existing(prefix)).toSorted(), `request ${point}`).toEqual(wanted)
      expect(
        members.map((found) => found.name),
        `request ${point}`,
      ).toEqual(wanted)
    }
    expect(points).toBeGreaterThan(12)
  })
})

describe('all inventories', () => {
  test('are found with one list, each with what it knows', async () => {
    const other = await createNamespace(controlPlane, 'inventory-other')
    await writeSuperset(api, await readInventory(api, { set: 'shop', namespace }), [member('a')])
    await writeSuperset(api, await readInventory(api, { set: 'shop', namespace: other }), [member('b')])
    const { inventories = [], warnings } = await readInventories(api, namespace)
    expect(warnings).toEqual([])
    const shops = inventories.filter(({ set }) => set === 'shop')
    const knownIn = (place: string): unknown => shops.find((shop) => shop.namespace === place)?.members
    expect([knownIn(namespace), knownIn(other)]).toEqual([[member('a')], [member('b')]])
  })

  test('of one namespace are read by who may read no other, with a warning', async () => {
    const kubeconfig = await controlPlane.serviceAccountKubeconfig(namespace, 'narrow')
    const narrow = await clusterApi(kubeconfig)
    const nothing = await readInventories(narrow, namespace)
    expect(nothing.inventories).toBeUndefined()
    expect(nothing.warnings).toEqual([expect.stringContaining('ask for the right to list configmaps in namespace')])
    const { code } = await controlPlane.kubectl([
      '-n',
      namespace,
      'create',
      'rolebinding',
      'narrow',
      '--clusterrole=view',
      `--serviceaccount=${namespace}:narrow`,
    ])
    expect(code).toBe(0)
    await expect
      .poll(async () => (await readInventories(narrow, namespace)).inventories?.map(({ set }) => set))
      .toContain('shop')
    const { warnings } = await readInventories(narrow, namespace)
    expect(warnings).toEqual([expect.stringContaining(`other namespaces than ${namespace}`)])
  })
})
