/**
 * A deletion whose controller is killed at one request after the other, each time the next one, goes on where it was. The
 * sweep over every request is in memory: `test/controller/deletion-kill.test.ts`.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { isStoredWrite } from '../cluster/audit-log.ts'
import { createNamespace, useControlPlane } from '../cluster/shared.ts'
import { startFaultProxy } from '../faults/proxy.ts'
import type { FaultProxy, SeenRequest } from '../faults/proxy.ts'
import { startController } from './controller-process.ts'
import type { ControllerProcess } from './controller-process.ts'
import { installDefinition, labManifest } from './database.ts'

const cluster = await useControlPlane()
const namespace = await createNamespace(cluster, 'deletion-kill')
const directory = mkdtempSync(join(tmpdir(), 'deletion-kill-'))
const kubeconfig = join(directory, 'kubeconfig')

/** Where it is killed, in this order: before the server hears of the request, or before its reply arrives. */
const POINTS: readonly (readonly [when: 'before' | 'after', request: string])[] = [
  ['before', 'DELETE statefulsets/test-db'],
  ['after', 'DELETE statefulsets/test-db'],
  ['before', 'DELETE persistentvolumeclaims/data-test-db-0'],
  ['after', 'DELETE secrets/test-db-credentials'],
  ['before', 'PATCH databases/test-db'],
  ['after', 'PATCH databases/test-db'],
]

const nameOf = ({ method, url }: SeenRequest): string => {
  const [, path = ''] = /\/namespaces\/[^/]+\/([^?]+)/.exec(url) ?? []
  return `${method} ${path}`
}

let proxy: FaultProxy
let controller: ControllerProcess
let next = POINTS.length

/** Kills the controller where it is its time, and starts another one. */
async function killAt(when: 'before' | 'after', request: SeenRequest): Promise<void> {
  const [at, name] = POINTS[next] ?? []
  if (at !== when || name !== nameOf(request)) return
  next += 1
  controller.child.kill('SIGKILL')
  await controller.ended
  controller = start()
}

const start = (): ControllerProcess => startController(['--watch-namespace', namespace, '--verify=off'], { kubeconfig })

const statusOf = async (group: string, object: string): Promise<number> =>
  (await cluster.request('GET', `${group}/namespaces/${namespace}/${object}`)).status

beforeAll(async () => {
  await installDefinition(cluster)
  proxy = await startFaultProxy(cluster.server, cluster.certificateAuthority, {
    before: (request) => killAt('before', request),
    after: (request) => killAt('after', request),
  })
  await proxy.writeKubeconfig(cluster.kubeconfig, kubeconfig)
  controller = start()
})
afterAll(async () => {
  await controller.stop()
  await proxy.close()
  rmSync(directory, { recursive: true, force: true })
})

test('stops the pods, deletes the data that the policy gives up, and takes the finalizer off last', async () => {
  const stdin = `${labManifest()}  deletionPolicy: Delete\n`
  await cluster.kubectl(['-n', namespace, 'apply', '-f', '-'], { stdin })
  await expect.poll(() => statusOf('/api/v1', 'persistentvolumeclaims/data-test-db-0'), { timeout: 45_000 }).toBe(200)
  const databases = '/apis/database.example.com/v1'
  await cluster.request('DELETE', `${databases}/namespaces/${namespace}/databases/test-db`)
  next = 0
  const isGone = async (): Promise<boolean> => (await statusOf(databases, 'databases/test-db')) === 404
  await expect.poll(isGone, { timeout: 90_000, interval: 100 }).toBe(true)
  expect(next).toBe(POINTS.length)
  expect(await statusOf('/apis/apps/v1', 'statefulsets/test-db')).toBe(404)
  expect(await statusOf('/api/v1', 'persistentvolumeclaims/data-test-db-0')).toBe(404)
  expect(await statusOf('/api/v1', 'secrets/test-db-credentials')).toBe(404)
  // Whatever was sent twice was done once.
  const deletions = (await cluster.auditEvents()).filter(
    (event) =>
      isStoredWrite(event) &&
      event.verb === 'delete' &&
      event.userAgent === 'cdk8s-database' &&
      event.objectRef?.namespace === namespace &&
      event.responseStatus?.code === 200,
  )
  expect(deletions.map(({ objectRef }) => objectRef?.resource)).toEqual([
    'statefulsets',
    'persistentvolumeclaims',
    'secrets',
  ])
})
