/**
 * Shards, and another number of them under load: by the API server's record, no database ever has two writers, and none is
 * forgotten. On a cluster of its own, whose pods are ready at once: 200 servers are more than a machine of tests has.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { databaseCrd } from '../../src/api/crd.ts'
import { shardOf } from '../../src/controller/shard.ts'
import { ApiClient } from '../cluster/api-client.ts'
import type { ApiObject } from '../cluster/api-client.ts'
import { isStoredWrite } from '../cluster/audit-log.ts'
import type { AuditEvent } from '../cluster/audit-log.ts'
import { startControlPlane } from '../cluster/control-plane.ts'
import { startNode } from '../cluster/node/node.ts'
import { startController } from './controller-process.ts'
import type { ControllerProcess } from './controller-process.ts'

const DATABASES = 200
const NAMESPACE = 'default'
const COLLECTION = `/apis/database.example.com/v1/namespaces/${NAMESPACE}/databases`
const names = Array.from({ length: DATABASES }, (_, index) => `db-${String(index).padStart(3, '0')}`)

const started = new AsyncDisposableStack()
afterAll(() => started.disposeAsync())

const cluster = await startControlPlane({ audit: 'Metadata' })
started.defer(() => cluster.stop())
const { server, certificateAuthority, adminToken: token } = cluster
const api = new ApiClient({ server, certificateAuthority, token })
started.defer(() => api.close())
const ALLOCATABLE = { cpu: '1000', memory: '1000Gi', pods: '1000', 'ephemeral-storage': '1000Gi' }

beforeAll(async () => {
  const node = await startNode({ controlPlane: cluster, name: 'instant', mode: 'instant', allocatable: ALLOCATABLE })
  started.defer(() => node.stop())
  const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
  await api.create(path, databaseCrd())
  await vi.waitFor(() => api.list(COLLECTION), { timeout: 30_000, interval: 50 })
})

/** A controller of a shard, under a name by which the API server's record knows it. */
async function startShard(shard: string): Promise<ControllerProcess> {
  const account = userOf(shard)
  const kubeconfig = await cluster.serviceAccountKubeconfig(NAMESPACE, account)
  await api.create('/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', {
    metadata: { name: account },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ kind: 'ServiceAccount', namespace: NAMESPACE, name: account }],
  })
  const process = startController(['--shard', shard, '-n', NAMESPACE, '--verify=off'], { kubeconfig })
  started.defer(async () => void (await process.stop()))
  return process
}

const userOf = (shard: string): string => `shard-${shard.replace('/', '-of-')}`

/** Runs some work on all names, several at a time. */
async function forAll(work: (name: string, index: number) => Promise<unknown>): Promise<void> {
  const queue = names.entries()
  const worker = async (): Promise<void> => {
    for (const [index, name] of queue) await work(name, index)
  }
  await Promise.all(Array.from({ length: 12 }, worker))
}

const changeSpec = (name: string, value: string): Promise<unknown> =>
  api.merge(`${COLLECTION}/${name}`, { spec: { parameters: { application_name: value } } })

interface Database extends ApiObject {
  readonly spec: { readonly parameters?: { readonly application_name?: string } }
  readonly status?: { readonly phase?: string; readonly observedGeneration?: number }
}

const DEPENDENCY = { object: { apiVersion: 'v1', kind: 'ConfigMap', name: 'not-there' } }

/** Three of four wait for something that is not there: they cost little, and are written all the same. */
const waits = (name: string): boolean => names.indexOf(name) % 4 !== 0

/** Databases that are as far as they can be as their spec is now. */
async function settled(): Promise<number> {
  const { items } = await api.list<Database>(COLLECTION)
  return items.filter(
    ({ metadata: { name, generation }, status }) =>
      status?.phase === (waits(name) ? 'Provisioning' : 'Ready') && status.observedGeneration === generation,
  ).length
}

const untilSettled = (atLeast: number): Promise<void> =>
  vi.waitFor(async () => expect(await settled()).toBeGreaterThanOrEqual(atLeast), { timeout: 400_000, interval: 250 })

/** What each process wrote about a database, in the order of the record. Leases and Events are about none. */
async function writesByDatabase(): Promise<ReadonlyMap<string, readonly AuditEvent[]>> {
  const writes = (await cluster.auditEvents()).filter(
    (event) =>
      isStoredWrite(event) &&
      event.user.username.startsWith(`system:serviceaccount:${NAMESPACE}:shard-`) &&
      !['leases', 'events'].includes(event.objectRef?.resource ?? ''),
  )
  return Map.groupBy(writes, ({ objectRef }) => /^db-\d{3}/.exec(objectRef?.name ?? '')?.[0] ?? 'nothing')
}

const writerOf = ({ user }: AuditEvent): string => user.username.replace(/^.*:shard-/, '').replace('-of-', '/')

test(
  'two shards become three under load: one writer at any time, and no database is forgotten',
  { timeout: 600_000 },
  async () => {
    const former = await Promise.all(['0/2', '1/2'].map(startShard))
    await Promise.all(former.map((one) => one.says('"msg":"synced"')))
    await forAll((name) =>
      api.create(COLLECTION, {
        apiVersion: 'database.example.com/v1',
        kind: 'Database',
        metadata: { name },
        spec: {
          image: 'postgres:17.6',
          databaseName: 'orders',
          username: 'orders',
          storage: { size: '1Gi' },
          ...(waits(name) ? { dependencies: [DEPENDENCY] } : {}),
        },
      }),
    )
    const over = new AbortController()
    const load = (async (): Promise<void> => {
      for (let turn = 0; !over.signal.aborted; turn += 1) {
        await changeSpec(names[(turn * 37) % DATABASES] ?? '', `turn-${turn}`)
        await sleep(200)
      }
    })()
    await untilSettled(DATABASES / 2)

    // As a rollout does: the new ones are started while the old ones still work, and these are ended one after the other.
    const next = await Promise.all(['0/3', '1/3', '2/3'].map(startShard))
    await Promise.all(next.map((one) => one.says('waiting for another number of shards to end')))
    for (const one of former) expect((await one.stop()).code).toBe(0)
    await Promise.all(next.map((one) => one.says('"msg":"synced"')))
    over.abort()
    await load
    const changed = names.filter((_, index) => index % 8 < 2)
    await Promise.all(changed.map((name) => changeSpec(name, 'last')))
    await untilSettled(DATABASES)
    // Each new shard has read its own databases, and together all of them.
    const known = next.map((one) => Number(/"msg":"synced","databases":(\d+)/.exec(one.said())?.[1]))
    expect(known.reduce((sum, databases) => sum + databases)).toBe(DATABASES)
    for (const one of next) expect((await one.stop()).code).toBe(0)

    const writes = await writesByDatabase()
    expect([...writes.keys()].toSorted()).toEqual(names)
    const begins = [...writes.values()].flat().filter((event) => writerOf(event).endsWith('/3'))
    const begin = begins.map((event) => event.requestReceivedTimestamp).reduce((a, b) => (a < b ? a : b))
    for (const [name, events] of writes) {
      const key = `${NAMESPACE}/${name}`
      const writers = new Set(events.map(writerOf))
      // The shard that the documented hash names, before and after; and after, where there was something to do.
      expect([`${shardOf(key, 2)}/2`, `${shardOf(key, 3)}/3`], name).toEqual(expect.arrayContaining([...writers]))
      if (changed.includes(name)) expect(writers, name).toContain(`${shardOf(key, 3)}/3`)
      // Nothing that a former shard wrote ended after any of the new ones had begun with any database.
      const late = events.filter((event) => writerOf(event).endsWith('/2') && event.stageTimestamp >= begin)
      expect(late.map(({ verb, requestURI }) => `${verb} ${requestURI}`)).toEqual([])
    }
  },
)
