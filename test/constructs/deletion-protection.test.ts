/** What the API server says to whoever deletes a protected database, in its own words. */
import { App, Chart } from 'cdk8s'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { databaseCrd } from '../../src/api/crd.ts'
import type { KubernetesObject } from '../../src/api/object.ts'
import { DeletionProtection } from '../../src/constructs/deletion-protection.ts'
import { createNamespace, useControlPlane } from '../cluster/shared.ts'

const cluster = await useControlPlane()
const namespace = await createNamespace(cluster, 'protected')
const other = await createNamespace(cluster, 'unprotected')

const chart = new Chart(new App(), 'protection', { disableResourceNameHashes: true })
// Bounded, because other tests use the same cluster.
new DeletionProtection(chart, 'Protection', { prefix: namespace, namespaces: [namespace] })

const kubectl = (args: readonly string[], stdin?: string): ReturnType<typeof cluster.kubectl> =>
  cluster.kubectl(args, stdin === undefined ? {} : { stdin })

async function apply(...objects: readonly unknown[]): Promise<void> {
  const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects })
  const { code, stderr } = await kubectl(['apply', '--server-side', '-f', '-'], list)
  expect(code, stderr).toBe(0)
}

/** A database as its resource, its claim and its Secret. */
function objectsOf(name: string, where: string, deletionProtection?: boolean): readonly KubernetesObject[] {
  const labels = { 'app.kubernetes.io/name': 'postgresql', 'app.kubernetes.io/instance': name }
  const metadata = { namespace: where, labels }
  const storage = { size: '1Gi' }
  const spec = { image: 'postgres:17.6', databaseName: 'orders', username: 'orders', storage }
  return [
    {
      apiVersion: 'database.example.com/v1',
      kind: 'Database',
      metadata: { ...metadata, name },
      spec: { ...spec, ...(deletionProtection === undefined ? {} : { deletionProtection }) },
    },
    {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { ...metadata, name: `data-${name}-0` },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    },
    { apiVersion: 'v1', kind: 'Secret', metadata: { ...metadata, name: `${name}-credentials` } },
    { apiVersion: 'v1', kind: 'Secret', metadata: { ...metadata, name: `${name}-other` } },
  ]
}

/** In full: other tests have definitions of that kind, too. */
const DATABASES = 'databases.database.example.com'

const IN_FORCE = { timeout: 30_000, interval: 100 }

const wayOut = `To delete it: kubectl -n ${namespace} patch databases.database.example.com orders --type=merge -p '{"spec":{"deletionProtection":false}}'`

/** Deletes for the sake of what the server says; nothing is deleted. */
async function refusal(object: string): Promise<string> {
  return (await kubectl(['-n', namespace, 'delete', object, '--dry-run=server'])).stderr
}

beforeAll(async () => {
  await apply(databaseCrd())
  await kubectl(['wait', '--for=condition=Established', `crd/${DATABASES}`])
  await apply(...(chart.toJson() as unknown[]))
  await apply(
    ...objectsOf('orders', namespace, true),
    ...objectsOf('users', namespace),
    ...objectsOf('orders', other, true),
  )
  // A policy takes a moment to be in force, and one that looks for parameters another.
  for (const object of [`${DATABASES}/orders`, 'pvc/data-orders-0', 'secret/orders-credentials'])
    await vi.waitFor(async () => expect(await refusal(object)).toContain('is protected from deletion'), IN_FORCE)
})
afterAll(async () => {
  const names = (chart.toJson() as KubernetesObject[]).map(({ kind, metadata }) => `${kind}/${metadata.name}`)
  await kubectl(['delete', ...names])
})

test('a protected database is not deleted, and the refusal says what to type', async () => {
  const { code, stderr } = await kubectl(['-n', namespace, 'delete', DATABASES, 'orders'])
  expect(code).toBe(1)
  expect(stderr).toContain(`Database ${namespace}/orders is protected from deletion. ${wayOut}`)
})

test('deleting all of them deletes the others', async () => {
  const { code, stderr } = await kubectl(['-n', namespace, 'delete', DATABASES, '--all'])
  expect(code).toBe(1)
  expect(stderr.match(/is protected from deletion/g)).toHaveLength(1)
  const { stdout } = await kubectl(['-n', namespace, 'get', DATABASES, '-o', 'name'])
  expect(stdout.trim()).toBe('database.database.example.com/orders')
})

test.each(['pvc/data-orders-0', 'secret/orders-credentials'])('nor is its %s', async (object) => {
  const { code, stderr } = await kubectl(['-n', namespace, 'delete', object])
  expect(code).toBe(1)
  expect(stderr).toContain(
    `it belongs to the data of Database ${namespace}/orders, which is protected from deletion. ${wayOut}`,
  )
})

test.each(['pvc/data-users-0', 'secret/users-credentials', 'secret/orders-other'])(
  'what belongs to no protected database goes: %s',
  async (object) => {
    const { code, stderr } = await kubectl(['-n', namespace, 'delete', object, '--wait=false'])
    expect(code, stderr).toBe(0)
  },
)

test('and so does what stands where the policy does not hold', async () => {
  expect((await kubectl(['-n', other, 'delete', DATABASES, 'orders', '--dry-run=server'])).code).toBe(0)
})

test('a deleted namespace keeps them until the protection is taken away', { timeout: 90_000 }, async () => {
  await kubectl(['delete', 'namespace', namespace, '--wait=false'])
  // By plain requests: a kubectl for each look would keep the machine from what is looked for.
  const look = async (): Promise<string> => {
    const { status, body } = await cluster.request('GET', `/api/v1/namespaces/${namespace}`)
    return status === 404 ? '' : JSON.stringify(body)
  }
  await expect.poll(look, { timeout: 40_000, interval: 200 }).toContain('is protected from deletion')
  const { stdout } = await kubectl(['-n', namespace, 'get', `${DATABASES},pvc,secret`, '-o', 'name'])
  // What else is left is a matter of the order in which the namespace is emptied.
  expect(stdout.trim().split('\n')).toEqual(
    expect.arrayContaining([
      'database.database.example.com/orders',
      'persistentvolumeclaim/data-orders-0',
      'secret/orders-credentials',
    ]),
  )
  const patch = ['patch', DATABASES, 'orders', '--type=merge', '-p']
  const { code, stderr } = await kubectl(['-n', namespace, ...patch, '{"spec":{"deletionProtection":false}}'])
  expect(code, stderr).toBe(0)
  await expect.poll(look, { timeout: 60_000, interval: 200 }).toBe('')
})
