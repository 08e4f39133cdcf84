/** What an inventory is taken for that is not as it was written. Writing and racing: test/e2e/prune-inventory.test.ts. */
import { Buffer } from 'node:buffer'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { InputError } from '../../../src/api/input-error.ts'
import type { KubernetesObject } from '../../../src/api/object.ts'
import { PART_BYTES, encodeMembers } from '../../../src/applier/inventory/inventory-encoding.ts'
import {
  INVENTORY_LABEL,
  checkSetName,
  indexReference,
  partReference,
  readObjects,
} from '../../../src/applier/inventory/inventory-objects.ts'
import { pickInventory, readInventories, readInventory } from '../../../src/applier/inventory/inventory-reading.ts'
import { writeExact, writeSuperset } from '../../../src/applier/inventory/inventory-store.ts'
import { memberOf, sortMembers } from '../../../src/plan/inventory.ts'
import type { Member } from '../../../src/plan/inventory.ts'
import { FakeCluster, refusal } from '../fake-cluster.ts'

const NAME = { set: 'shop', namespace: 'till' }
const MEMBERS = sortMembers(
  Array.from({ length: 12 }, (_, index) =>
    memberOf({ apiVersion: 'v1', kind: 'ConfigMap', namespace: 'till', name: `c${index}` }, `uid-${index * 7919}`),
  ),
)

/** A set of MEMBERS as it is stored in several parts, index first. */
async function storedObjects(): Promise<KubernetesObject[]> {
  const cluster = new FakeCluster()
  const before = await writeSuperset(cluster, await readInventory(cluster, NAME), MEMBERS, { partBytes: 150 })
  await writeExact(cluster, before, MEMBERS, [], { partBytes: 150 })
  const objects = [...cluster.objects.values()].map((object) => structuredClone(object))
  return objects.toSorted((left, right) => left.metadata.name.length - right.metadata.name.length)
}

const problemOf = (objects: readonly KubernetesObject[]): InputError => {
  const read = readObjects(NAME, objects)
  if (!('problem' in read)) throw new Error(`it was read: ${read.members.length} members`)
  return read.problem
}

/** The index with its content changed. */
function withIndex(objects: readonly KubernetesObject[], change: Record<string, unknown>): KubernetesObject[] {
  const [index, ...parts] = objects
  if (index === undefined) throw new Error('nothing is stored')
  const data = index['data'] as Record<string, string>
  const content = { ...(JSON.parse(data['index.json'] ?? '{}') as object), ...change }
  return [{ ...index, data: { 'index.json': JSON.stringify(content) } }, ...parts]
}

describe('the name of a set', () => {
  test.each(['shop', 'shop-1', '0', 'a'.repeat(63)])('may be %s', (name) => {
    expect(() => checkSetName(name)).not.toThrow()
  })

  test.each(['', 'Shop', 'shop.1', '-shop', 'shop-', 'shop_1', 'a'.repeat(64), 'shop\n'])('may not be %j', (name) => {
    expect(() => checkSetName(name)).toThrow(InputError)
  })

  test('gives no two sets the same ConfigMap', () => {
    const part = partReference({ set: 'a', namespace: 'till' }, '1')
    expect(part.name).not.toBe(indexReference({ set: 'a-1', namespace: 'till' }).name)
    expect(part.name).toMatch(/^[a-z0-9.-]+$/)
  })
})

describe('what is stored', () => {
  test('is an index and parts, all under one label, and is read back', async () => {
    const objects = await storedObjects()
    expect(objects.length).toBeGreaterThan(2)
    expect(new Set(objects.map(({ metadata }) => metadata.labels?.[INVENTORY_LABEL]))).toEqual(new Set(['shop']))
    expect(readObjects(NAME, objects)).toMatchObject({ members: MEMBERS, revision: 2 })
  })

  test('says nothing where it is not there at all', () => {
    expect(readObjects(NAME, [])).toEqual({ ...NAME, members: [], revision: 0, parts: [] })
  })

  test('is not read from parts that a killed write left behind', async () => {
    const objects = await storedObjects()
    const left = {
      ...objects.at(-1)!,
      metadata: { ...objects.at(-1)!.metadata, name: `${indexReference(NAME).name}.left` },
    }
    expect(readObjects(NAME, [...objects, left])).toMatchObject({ members: MEMBERS })
  })

  test('fits into its limit, whatever the members are', () => {
    const members: Member[] = Array.from({ length: 3000 }, (_, index) =>
      memberOf({ apiVersion: 'v1', kind: 'ConfigMap', namespace: 'till', name: `c${index}` }, crypto.randomUUID()),
    )
    for (const { base64 } of encodeMembers(members, 5000))
      expect(Buffer.from(base64, 'base64').length).toBeLessThan(5000)
    expect(encodeMembers(members, PART_BYTES)).toHaveLength(1)
    expect(encodeMembers([], PART_BYTES)).toHaveLength(1)
  })
})

describe('an inventory that is not as it was written is never taken for empty', () => {
  test.each<[string, string, (objects: KubernetesObject[]) => readonly KubernetesObject[]]>([
    ['its index is gone', 'further parts of the inventory are there', (objects) => objects.slice(1)],
    ['a part is gone', 'is gone', (objects) => objects.slice(0, -1)],
    ['its index has no content', 'has no index.json', ([index, ...parts]) => [{ ...index!, data: {} }, ...parts]],
    [
      'its index is no JSON',
      'is no JSON',
      ([index, ...parts]) => [{ ...index!, data: { 'index.json': '{"version":1' } }, ...parts],
    ],
    ['its index is null', 'lacks what', ([index]) => [{ ...index!, data: { 'index.json': 'null' } }]],
    ['its index names no parts', 'lacks what', (objects) => withIndex(objects, { parts: 'none' })],
    [
      'it was copied from elsewhere',
      'was written for set shop in namespace other',
      (objects) => withIndex(objects, { namespace: 'other' }),
    ],
    ['a newer program wrote it', 'a newer cdk8s-database wrote it', (objects) => withIndex(objects, { version: 2 })],
    [
      'a part holds other members',
      'the checksum differs',
      (objects) =>
        objects.map((object, index) => (index === 1 ? { ...object, binaryData: objects[0]!['binaryData'] } : object)),
    ],
    [
      'a part holds nothing',
      'members are missing',
      (objects) => objects.map((object, index) => (index === 1 ? { ...object, binaryData: {} } : object)),
    ],
    [
      'a part is packed by somebody else',
      'the checksum differs',
      (objects) => {
        const members = gzipSync('{"version":1,"members":[]}').toString('base64')
        return objects.map((object, index) =>
          index === 1 ? { ...object, binaryData: { 'members.json.gz': members } } : object,
        )
      },
    ],
  ])('%s', async (_, problem, damage) => {
    const { message, where, remedy } = problemOf(damage(await storedObjects()))
    expect(message).toContain('the inventory of set shop cannot be read')
    expect(message).toContain(problem)
    expect(where).toBe('ConfigMap till/cdk8s-database-set-shop')
    expect(remedy).toContain('kubectl -n till delete configmap -l database.example.com/inventory=shop')
  })

  test('nor is one that has lost its label', async () => {
    const cluster = new FakeCluster()
    const reference = indexReference(NAME)
    cluster.add({ ...reference, metadata: { name: reference.name, namespace: 'till' } })
    await expect(writeSuperset(cluster, await readInventory(cluster, NAME), MEMBERS)).rejects.toThrow(
      'is not an inventory, or has lost its label',
    )
  })
})

describe('all inventories', () => {
  test('are told without those that cannot be read, which are told of', async () => {
    const cluster = new FakeCluster()
    for (const object of withIndex(await storedObjects(), { version: 2 })) cluster.add(object)
    await writeSuperset(cluster, await readInventory(cluster, { set: 'other', namespace: 'till' }), MEMBERS)
    const known = await readInventories(cluster, 'till')
    expect(known.inventories?.map(({ set }) => set)).toEqual(['other'])
    expect(known.warnings).toEqual([expect.stringContaining('objects that it knows are not recognised')])
    expect(() => pickInventory(known, NAME)).toThrow('a newer cdk8s-database wrote it')
    expect(pickInventory(known, { set: 'other', namespace: 'till' }).members).toHaveLength(MEMBERS.length)
    expect(pickInventory(known, { set: 'new', namespace: 'till' })).toMatchObject({ revision: 0, members: [] })
  })

  test('are no question for who may not ask, but the own set is', async () => {
    const cluster = new FakeCluster()
    const forbidden = refusal(403, 'Forbidden', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: '' } })
    cluster.list = () => Promise.reject(forbidden)
    expect(await readInventories(cluster, 'till')).toMatchObject({
      inventories: undefined,
      warnings: [expect.any(String)],
    })
    await expect(readInventory(cluster, NAME)).rejects.toBe(forbidden)
  })
})
