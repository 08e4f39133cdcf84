import { describe, expect, test } from 'vitest'
import { buildApplySet } from '../../../src/applier/set/apply-set.ts'
import type { Document } from '../../../src/manifests/document.ts'
import { expandDatabase } from '../../../src/manifests/expansion.ts'
import { parseManifests } from '../../../src/manifests/read.ts'

const database = `apiVersion: database.example.com/v1
kind: Database
metadata:
  name: orders
spec:
  image: postgres:16
  databaseName: orders
  username: app
  storage:
    size: 1Gi
`
const scope = (_: string, kind: string): Promise<boolean> =>
  Promise.resolve(!['Namespace', 'CustomResourceDefinition', 'ClusterRole'].includes(kind))
const build = (documents: readonly Document[], namespace = 'shop'): ReturnType<typeof buildApplySet> =>
  buildApplySet(documents, { namespace, isNamespaced: scope, expand: (item) => Promise.resolve(expandDatabase(item)) })

describe('an apply set', () => {
  test('expands a Database that comes alone, credentials apart from the children', async () => {
    const { databases, others } = await build(parseManifests(database, 'orders.yaml'))
    expect(others).toEqual([])
    expect(databases[0]?.key).toBe('shop/orders')
    expect(
      databases[0]?.children.map(({ reference }) => `${reference.kind} ${reference.namespace}/${reference.name}`),
    ).toEqual([
      'ServiceAccount shop/orders',
      'Role shop/orders',
      'RoleBinding shop/orders',
      'ConfigMap shop/orders-config',
      'NetworkPolicy shop/orders',
      'StatefulSet shop/orders',
      'Service shop/orders',
      'Service shop/orders-pods',
    ])
    expect(databases[0]?.credentials?.reference.name).toBe('orders-credentials')
  })

  test('takes the rendered children as they stand and makes none of its own', async () => {
    const [first] = (await build(parseManifests(database, 'orders.yaml'))).databases
    const rendered = first?.children.slice(0, 3).map(({ object }) => object) ?? []
    const text = [database, ...rendered.map((object) => JSON.stringify(object))].join('\n---\n')
    const { databases } = await build(parseManifests(text, 'all.yaml'))
    expect(databases[0]?.children.map(({ object }) => object)).toEqual(rendered)
    expect(databases[0]?.children.every(({ source }) => source?.startsWith('all.yaml:'))).toBe(true)
  })

  test('sends bodies without a namespace that the manifest does not name', async () => {
    const { databases } = await build(parseManifests(database, 'orders.yaml'))
    expect(databases[0]?.resource.object.metadata.namespace).toBeUndefined()
    expect(databases[0]?.resource.reference.namespace).toBe('shop')
  })

  test('puts namespaces and definitions before what needs them', async () => {
    const text = [
      '{apiVersion: v1, kind: ConfigMap, metadata: {name: b}}',
      '{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: {name: x}}',
      '{apiVersion: v1, kind: Namespace, metadata: {name: shop}}',
    ].join('\n---\n')
    const { others } = await build(parseManifests(text, 'a.yaml'))
    expect(others.map(({ reference }) => reference.kind)).toEqual([
      'Namespace',
      'CustomResourceDefinition',
      'ConfigMap',
    ])
  })

  test('knows the scope of a kind whose definition is in the same set', async () => {
    const definition = {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'things.example.com' },
      spec: { group: 'example.com', scope: 'Cluster', names: { kind: 'Thing' } },
    }
    const thing = { apiVersion: 'example.com/v1', kind: 'Thing', metadata: { name: 'one' } }
    const { others } = await build(
      parseManifests(`${JSON.stringify(definition)}\n---\n${JSON.stringify(thing)}`, 'a.yaml'),
    )
    expect(others.find(({ reference }) => reference.kind === 'Thing')?.reference.namespace).toBeUndefined()
  })

  test('names every broken rule of every Database with its line, and builds nothing', async () => {
    const broken = database.replace('size: 1Gi', 'size: 10GB').replace('username: app', 'username: pg_app')
    await expect(build(parseManifests(broken, 'orders.yaml'))).rejects.toMatchObject({
      name: 'InputError',
      message: expect.stringMatching(/username is reserved by PostgreSQL[\s\S]*storage\.size must be a quantity/),
      where: 'orders.yaml:8, orders.yaml:10',
    })
  })

  test('refuses two databases whose names make the same object', async () => {
    const text = `${database}---\n${database.replace('name: orders', 'name: orders-pods')}`
    await expect(build(parseManifests(text, 'a.yaml'))).rejects.toMatchObject({
      name: 'InputError',
      message: 'Database shop/orders and Database shop/orders-pods both make Service shop/orders-pods',
    })
  })

  test.each(['uid', 'resourceVersion'])(
    'refuses a manifest that carries metadata.%s of a live object',
    async (field) => {
      const copied = `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  ${field}: "1"\n`
      await expect(build(parseManifests(copied, 'a.yaml'))).rejects.toMatchObject({
        name: 'InputError',
        where: 'a.yaml:5',
      })
    },
  )
})
