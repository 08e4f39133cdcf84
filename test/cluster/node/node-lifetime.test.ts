import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { ApiClient } from '../api-client.ts'
import { startControlPlane } from '../control-plane.ts'
import { databaseObjects } from './database.fixture.ts'
import { startNode } from './node.ts'
import type { Pod } from './objects.ts'
import { listProcesses, processesUnder } from './process-table.ts'

// A cluster of its own: these tests kill its node.
const controlPlane = await startControlPlane()
const api = new ApiClient({ ...controlPlane, token: controlPlane.adminToken })
const children = new Set<ChildProcess>()
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL')
  api.close()
  await controlPlane.stop()
})

const patience = { timeout: 45_000, interval: 50 }
const pods = '/api/v1/namespaces/default/pods'
const apply = async (objects: readonly object[]): Promise<void> => {
  const stdin = objects.map((object) => JSON.stringify(object)).join('\n---\n')
  expect(await controlPlane.kubectl(['apply', '--server-side', '-f', '-'], { stdin })).toMatchObject({ code: 0 })
}
const isPodReady = (pod: Pod | undefined): boolean =>
  pod?.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false
const isReady = async (name: string): Promise<boolean> => isPodReady(await api.find<Pod>(`${pods}/${name}`))
const restarts = async (name: string): Promise<number | undefined> =>
  (await api.find<Pod>(`${pods}/${name}`))?.status?.containerStatuses?.[0]?.restartCount

/** A node as a process of its own; answers it and its directory. */
const startNodeProcess = async (args: readonly string[] = []): Promise<{ child: ChildProcess; directory: string }> => {
  const main = join(import.meta.dirname, 'main.ts')
  const child = spawn(process.execPath, [main, '--kubeconfig', controlPlane.kubeconfig, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.add(child)
  const line = await new Promise<string>((resolve) => child.stdout.once('data', (data) => resolve(String(data))))
  expect(line).toMatch(/^ready /)
  return { child, directory: line.slice('ready '.length).trim() }
}
const end = async (child: ChildProcess, signal: NodeJS.Signals): Promise<void> => {
  const gone = new Promise((resolve) => child.once('exit', resolve))
  child.kill(signal)
  await gone
  children.delete(child)
}
const processesIn = async (directory: string): Promise<number> =>
  processesUnder(await listProcesses(), [directory]).size

describe('a node that is a process of its own', () => {
  test('leaves no process and no directory when it is killed without warning', async () => {
    const { child, directory } = await startNodeProcess()
    await apply(databaseObjects({ name: 'db', namespace: 'default' }))
    await expect.poll(() => isReady('db-0'), patience).toBe(true)
    expect(await processesIn(directory)).toBeGreaterThan(4)
    await end(child, 'SIGKILL')
    await expect.poll(() => processesIn(directory), patience).toBe(0)
    await expect.poll(() => existsSync(directory), patience).toBe(false)
    await controlPlane.kubectl(['delete', 'statefulset,pvc,pod', '--all', '--force', '--wait=false'])
    await expect.poll(() => api.find(`${pods}/db-0`), patience).toBeUndefined()
  })

  test('takes up its pods again in a directory that it was given', async () => {
    // Not below another temporary directory of ours: the account that runs the containers has to get there.
    const directory = await mkdtemp(join(tmpdir(), 'kept-node-'))
    try {
      const first = await startNodeProcess(['--directory', directory])
      await apply(databaseObjects({ name: 'kept', namespace: 'default' }))
      await expect.poll(() => isReady('kept-0'), patience).toBe(true)
      await end(first.child, 'SIGTERM')
      expect(await processesIn(directory)).toBe(0)

      const second = await startNodeProcess(['--directory', directory])
      await expect.poll(async () => [await restarts('kept-0'), await isReady('kept-0')], patience).toEqual([1, true])
      await end(second.child, 'SIGINT')
      expect(await processesIn(directory)).toBe(0)
      expect(existsSync(directory)).toBe(true)
    } finally {
      await rm(directory, { recursive: true, force: true })
    }
  })
})

describe('an instant node', () => {
  test('shows thirty databases as ready without running any', async () => {
    const node = await startNode({ controlPlane, name: 'instant-node', mode: 'instant' })
    try {
      const objects = databaseObjects({ name: 'many', namespace: 'default' })
      const scaled = objects.map((object) =>
        'spec' in object ? { ...object, spec: { ...Object(object.spec), replicas: 30 } } : object,
      )
      await apply(scaled)
      const countReady = async (): Promise<number> => {
        const { items } = await api.list<Pod>(pods, { labelSelector: 'app=many' })
        return items.filter(isPodReady).length
      }
      await expect.poll(countReady, patience).toBe(30)
      expect(await processesIn(node.directory)).toBe(0)
      await api.delete('/apis/apps/v1/namespaces/default/statefulsets/many')
      const count = async (): Promise<number> => (await api.list(pods, { labelSelector: 'app=many' })).items.length
      await expect.poll(count, patience).toBe(0)
    } finally {
      await node.stop()
    }
  })
})

// Last, because the controller manager needs up to half a minute to get over it.
describe('a node whose API server goes away', { timeout: 180_000 }, () => {
  const longer = { timeout: 80_000, interval: 50 }

  test('finishes what it was doing when the server is back', async () => {
    const node = await startNode({ controlPlane, name: 'patient-node' })
    try {
      await apply(databaseObjects({ name: 'patient', namespace: 'default' }))
      await controlPlane.restartApiServer()
      await expect.poll(() => isReady('patient-0'), longer).toBe(true)
      await api.delete('/apis/apps/v1/namespaces/default/statefulsets/patient')
      await controlPlane.restartApiServer()
      await expect.poll(() => api.find(`${pods}/patient-0`), longer).toBeUndefined()
    } finally {
      await node.stop()
    }
  })
})
