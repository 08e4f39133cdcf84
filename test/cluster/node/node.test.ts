import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterAll, describe, expect, onTestFinished, test } from 'vitest'
import { ApiClient } from '../api-client.ts'
import { startControlPlane } from '../control-plane.ts'
import { withPodRelay } from '../pod-relay.ts'
import { findPrograms } from '../programs.ts'
import { databaseObjects, password } from './database.fixture.ts'
import { startNode } from './node.ts'
import type { ContainerStatus, PersistentVolumeClaim, Pod } from './objects.ts'
import { listProcesses } from './process-table.ts'

// A cluster of its own: the node of a shared one belongs to everybody.
const controlPlane = await startControlPlane()
const api = new ApiClient({ ...controlPlane, token: controlPlane.adminToken })
const node = await startNode({ controlPlane, backOffMs: 300 })
afterAll(async () => {
  await node.stop()
  api.close()
  await controlPlane.stop()
})

const namespace = 'default'
const patience = { timeout: 45_000, interval: 50 }
const pods = `/api/v1/namespaces/${namespace}/pods`
const claims = `/api/v1/namespaces/${namespace}/persistentvolumeclaims`

const apply = async (objects: readonly object[]): Promise<void> => {
  const stdin = objects.map((object) => JSON.stringify(object)).join('\n---\n')
  const { code, stderr } = await controlPlane.kubectl(['apply', '--server-side', '--force-conflicts', '-f', '-'], {
    stdin,
  })
  expect({ code, stderr }).toMatchObject({ code: 0 })
}
const statefulSets = `/apis/apps/v1/namespaces/${namespace}/statefulsets`
/** Applies a database and deletes it when the test is over: what goes on restarting slows the other tests down. */
const applyForTest = async (objects: readonly object[], name: string): Promise<void> => {
  onTestFinished(() => api.delete(`${statefulSets}/${name}`))
  await apply(objects)
}
const find = (name: string): Promise<Pod | undefined> => api.find<Pod>(`${pods}/${name}`)
const statusOf = async (name: string, kind: 'init' | 'regular' = 'regular'): Promise<ContainerStatus | undefined> => {
  const { status } = (await find(name)) ?? {}
  return (kind === 'init' ? status?.initContainerStatuses : status?.containerStatuses)?.[0]
}
const untilReady = async (name: string): Promise<Pod> =>
  await expect
    .poll(() => find(name), patience)
    .toMatchObject({
      status: { conditions: expect.arrayContaining([expect.objectContaining({ type: 'Ready', status: 'True' })]) },
    })
    .then(async () => api.get<Pod>(`${pods}/${name}`))

const query = async (port: number, sql: string): Promise<unknown[]> => {
  const client = new Client({ host: '127.0.0.1', port, user: 'postgres', password, database: 'postgres' })
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows
  } finally {
    await client.end()
  }
}
/** Runs `use` with a local port that leads to the pod's port 5432 through the API server. */
const withPortForward = <T>(pod: string, use: (port: number) => Promise<T>): Promise<T> =>
  withPodRelay({ kubeconfig: controlPlane.kubeconfig, namespace, pod }, use)

describe('a database on the local node', () => {
  test('is bootstrapped, becomes ready, and answers through the port forward of the API server', async () => {
    await apply(databaseObjects({ name: 'db', namespace }))
    const pod = await untilReady('db-0')
    expect(pod.spec.nodeName).toBe('local-node')
    expect(pod.status).toMatchObject({ phase: 'Running', podIP: expect.stringMatching(/^10\.244\./) })
    const rows = await withPortForward('db-0', (port) =>
      query(port, "SELECT 1 AS one, current_setting('max_connections') AS max"),
    )
    expect(rows).toEqual([{ one: 1, max: '17' }])
  })

  test('answers through kubectl port-forward, too', async () => {
    const { kubectl } = await findPrograms()
    const [file, ...first] = kubectl
    const args = [...first, '--kubeconfig', controlPlane.kubeconfig, 'port-forward', 'pod/db-0', ':5432']
    const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'ignore'] })
    try {
      const line = await new Promise<string>((resolve) => child.stdout.once('data', (data) => resolve(String(data))))
      const port = Number(/127\.0\.0\.1:(\d+)/.exec(line)?.[1])
      const sizes = [1, 2, 3].map((i) => query(port, `SELECT length(repeat('x', ${i}000000)) AS size`))
      expect(await Promise.all(sizes)).toEqual([[{ size: 1_000_000 }], [{ size: 2_000_000 }], [{ size: 3_000_000 }]])
    } finally {
      child.kill()
      await new Promise((resolve) => child.once('exit', resolve))
    }
  })

  test('shows its output to kubectl logs', async () => {
    const { stdout } = await controlPlane.kubectl(['logs', 'db-0', '--tail=50'])
    expect(stdout).toContain('database system is ready to accept connections')
    const init = await controlPlane.kubectl(['logs', 'db-0', '-c', 'bootstrap', '--tail=1000'])
    expect(init.stdout).toContain('Success.')
  })

  test('sees a changed ConfigMap in its volume within two seconds', async () => {
    const pod = await api.get<Pod>(`${pods}/db-0`)
    const conf = join(
      node.directory,
      'p',
      (pod.metadata.uid ?? '').replaceAll('-', '').slice(0, 12),
      'v/conf/postgresql.conf',
    )
    await api.merge(`/api/v1/namespaces/${namespace}/configmaps/db`, {
      data: { 'postgresql.conf': 'max_connections = 19\n' },
    })
    await expect.poll(() => readFile(conf, 'utf8'), { timeout: 2000, interval: 20 }).toContain('max_connections = 19')
  })

  test('is restarted when its server is killed, and keeps its data', async () => {
    await withPortForward('db-0', (port) => query(port, 'CREATE TABLE kept AS SELECT 42 AS answer'))
    const pid = node.processId(`${namespace}/db-0`)
    expect(pid).toBeGreaterThan(1)
    process.kill(pid ?? 0, 'SIGKILL')
    await expect
      .poll(() => statusOf('db-0'), patience)
      .toMatchObject({
        restartCount: 1,
        ready: true,
        lastState: { terminated: { exitCode: 137, signal: 9, reason: 'Error' } },
      })
    const rows = await withPortForward('db-0', (port) => query(port, 'SELECT answer FROM kept'))
    expect(rows).toEqual([{ answer: 42 }])
  })

  test('grows with its claim', async () => {
    await api.merge(`${claims}/data-db-0`, { spec: { resources: { requests: { storage: '2Gi' } } } })
    await expect
      .poll(() => api.get<PersistentVolumeClaim>(`${claims}/data-db-0`), patience)
      .toMatchObject({ status: { capacity: { storage: '2Gi' } } })
  })

  test('shuts down properly and leaves its volume when it is deleted, and comes back with its data', async () => {
    const { volumeName = '' } = (await api.get<PersistentVolumeClaim>(`${claims}/data-db-0`)).spec
    await api.delete(`${statefulSets}/db`)
    await expect.poll(() => find('db-0'), patience).toBeUndefined()
    const data = join(node.volumeDirectory(volumeName), 'data')
    expect(existsSync(join(data, 'PG_VERSION'))).toBe(true)
    expect(existsSync(join(data, 'postmaster.pid'))).toBe(false)
    expect((await listProcesses()).filter(({ directory }) => directory?.startsWith(data))).toEqual([])

    await apply(databaseObjects({ name: 'db', namespace }))
    await untilReady('db-0')
    const rows = await withPortForward('db-0', (port) => query(port, 'SELECT answer FROM kept'))
    expect(rows).toEqual([{ answer: 42 }])
  })
})

describe('a pod that cannot run', () => {
  test('with an image that does not exist says so as the kubelet does, and runs once the image is corrected', async () => {
    await applyForTest(databaseObjects({ name: 'typo', namespace, image: 'postgres:14.99' }), 'typo')
    await expect
      .poll(() => statusOf('typo-0', 'init'), patience)
      .toMatchObject({
        state: {
          waiting: {
            reason: 'ErrImagePull',
            message: expect.stringContaining('docker.io/library/postgres:14.99: not found'),
          },
        },
      })
    await expect
      .poll(() => statusOf('typo-0', 'init'), patience)
      .toMatchObject({
        state: {
          waiting: {
            reason: 'ImagePullBackOff',
            message: expect.stringMatching(/^Back-off pulling image "postgres:14\.99": ErrImagePull: /),
          },
        },
      })
    await apply(databaseObjects({ name: 'typo', namespace, image: 'postgres:14.23' }))
    await untilReady('typo-0')
    const rows = await withPortForward('typo-0', (port) =>
      query(port, "SELECT current_setting('server_version_num')::int / 10000 AS major"),
    )
    expect(rows).toEqual([{ major: 14 }])
  })

  test('with a command that fails goes into back-off and shows its last words', async () => {
    await applyForTest(databaseObjects({ name: 'crash', namespace, before: 'echo no luck today >&2; exit 3' }), 'crash')
    await expect
      .poll(() => statusOf('crash-0'), patience)
      .toMatchObject({
        state: {
          waiting: {
            reason: 'CrashLoopBackOff',
            message: expect.stringMatching(
              /^back-off \d+ms restarting failed container=postgres pod=crash-0_default\(/,
            ),
          },
        },
        lastState: { terminated: { exitCode: 3, reason: 'Error', message: 'no luck today\n' } },
      })
  })

  test('can leave its last words in the termination log', async () => {
    await applyForTest(
      databaseObjects({ name: 'words', namespace, before: 'echo noise; echo -n goodbye >"$TERMINATION_LOG"; exit 4' }),
      'words',
    )
    await expect
      .poll(() => statusOf('words-0'), patience)
      .toMatchObject({
        lastState: { terminated: { exitCode: 4, message: 'goodbye' } },
      })
  })

  test('waits for its Secret', async () => {
    const [secret, ...rest] = databaseObjects({ name: 'late', namespace })
    await applyForTest(rest, 'late')
    await expect
      .poll(
        async () =>
          (
            await controlPlane.kubectl([
              'get',
              'events',
              '-o',
              'name',
              '--field-selector',
              'involvedObject.name=late-0,reason=FailedMount',
            ])
          ).stdout,
        patience,
      )
      .toContain('event/late-0')
    await apply([secret ?? {}])
    await untilReady('late-0')
  })

  test('that asks for another node stays unscheduled', async () => {
    const spec = { nodeSelector: { disk: 'tape' }, containers: [{ name: 'main', image: 'postgres:18' }] }
    await api.create(pods, { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'picky' }, spec })
    await expect
      .poll(() => find('picky'), patience)
      .toMatchObject({
        status: {
          phase: 'Pending',
          conditions: [
            expect.objectContaining({
              type: 'PodScheduled',
              status: 'False',
              reason: 'Unschedulable',
              message: expect.stringContaining("didn't match Pod's node affinity/selector"),
            }),
          ],
        },
      })
  })

  test('is held back by the faults that a ConfigMap asks for, and goes on without them', async () => {
    const faults = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'local-node', namespace } }
    await applyForTest(
      [{ ...faults, data: { 'slow-0': '{"neverReady":true}' } }, ...databaseObjects({ name: 'slow', namespace })],
      'slow',
    )
    await expect.poll(() => statusOf('slow-0'), patience).toMatchObject({ started: true, ready: false })
    await api.delete(`/api/v1/namespaces/${namespace}/configmaps/local-node`)
    await untilReady('slow-0')
  })
})
