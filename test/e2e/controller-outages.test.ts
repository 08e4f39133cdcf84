/**
 * Everything that the controller stands on goes away for a while, or its time of day jumps: it goes on afterwards, and
 * no object is made twice. The controller manager is away for 3 s here; for two minutes with
 * `OUTAGE_SECONDS=120 npx vitest run test/e2e/controller-outages.test.ts`.
 */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startControlPlane } from '../cluster/control-plane.ts'
import type { ControlPlane } from '../cluster/control-plane.ts'
import { PROJECT } from './command.ts'
import { startController } from './controller-process.ts'
import type { ControllerProcess } from './controller-process.ts'
import { installDefinition, labManifest } from './database.ts'

const OUTAGE_MS = Number(process.env['OUTAGE_SECONDS'] ?? '3') * 1000
const WITHIN = { timeout: 90_000, interval: 200 }
const CHILDREN = 'sts,svc,cm,sa,role,rolebinding,networkpolicy,secret'

let cluster: ControlPlane
let controller: ControllerProcess
/** How often the test deleted the Service. */
let deletions = 0

beforeAll(async () => {
  cluster = await startControlPlane({ audit: 'Request' })
  await installDefinition(cluster)
  const clock = pathToFileURL(join(PROJECT, 'test', 'faults', 'jumping-clock.ts')).href
  const options = { kubeconfig: cluster.kubeconfig, environment: { NODE_OPTIONS: `--import ${clock}` } }
  controller = startController(['--verify=off'], options)
  await cluster.kubectl(['apply', '-f', '-'], { stdin: labManifest() })
})
afterAll(async () => {
  await controller?.stop()
  await cluster?.stop()
})

/** One field, or nothing while nobody answers. */
async function read(object: string, path: string): Promise<string> {
  const { stdout } = await cluster.kubectl(['get', object, '--ignore-not-found', '-o', `jsonpath={${path}}`])
  return stdout
}

const untilPhase = (name: string, phase: string): Promise<void> =>
  expect.poll(() => read(`db/${name}`, '.status.phase'), WITHIN).toBe(phase)

/** Deletes a child and waits until it is there again: the controller sees and acts. */
async function expectAttention(): Promise<void> {
  const before = await read('svc/test-db-pods', '.metadata.uid')
  deletions += 1
  expect((await cluster.kubectl(['delete', 'svc', 'test-db-pods'])).code).toBe(0)
  const isBack = async (): Promise<boolean> => !['', before].includes(await read('svc/test-db-pods', '.metadata.uid'))
  await expect.poll(isBack, WITHIN).toBe(true)
}

/** Names and uids of what belongs to the databases, but for the Service that the test deletes. */
async function identities(): Promise<string[]> {
  const template = '{range .items[*]}{.kind}/{.metadata.name} {.metadata.uid}{"\\n"}{end}'
  const selector = 'app.kubernetes.io/managed-by=cdk8s-database'
  const { stdout } = await cluster.kubectl(['get', CHILDREN, '-l', selector, '-o', `jsonpath=${template}`])
  return stdout.split('\n').filter((line) => line !== '' && !line.startsWith('Service/test-db-pods'))
}

test('a restart of the API server', { timeout: 150_000 }, async () => {
  await untilPhase('test-db', 'Deploying')
  const before = await identities()
  await cluster.restartApiServer()
  await expectAttention()
  expect(await identities()).toEqual(before)
})

test('a restart of etcd', { timeout: 150_000 }, async () => {
  const before = await identities()
  await cluster.restartEtcd()
  await expect.poll(async () => (await cluster.kubectl(['get', 'db'])).code, WITHIN).toBe(0)
  await expectAttention()
  expect(await identities()).toEqual(before)
})

test('a time of day that jumps ahead, back, and home', { timeout: 150_000 }, async () => {
  const before = await identities()
  for (let jumps = 0; jumps < 3; jumps += 1) {
    controller.child.kill('SIGUSR2')
    await expectAttention()
  }
  // Two hours ahead it was told that the pods are not ready after ten minutes.
  await untilPhase('test-db', 'Deploying')
  expect(await identities()).toEqual(before)
})

test('a controller manager that is away', { timeout: OUTAGE_MS + 150_000 }, async () => {
  const before = await identities()
  await cluster.stopControllerManager()
  await cluster.kubectl(['apply', '-f', '-'], { stdin: labManifest({ 'test-db': 'other-db' }) })
  await untilPhase('other-db', 'Deploying')
  await sleep(OUTAGE_MS)
  await expectAttention()
  expect(await read('pod/other-db-0', '.metadata.name')).toBe('')
  await cluster.startControllerManager()
  await expect.poll(() => read('pod/other-db-0', '.metadata.name'), WITHIN).toBe('other-db-0')
  expect((await identities()).filter((line) => !line.includes('/other-db'))).toEqual(before)
})

test('a namespace that is deleted with its database goes', { timeout: 150_000 }, async () => {
  await cluster.kubectl(['create', 'namespace', 'going'])
  await cluster.kubectl(['-n', 'going', 'apply', '-f', '-'], { stdin: labManifest() })
  const phase = ['-n', 'going', 'get', 'db', 'test-db', '-o', 'jsonpath={.status.phase}']
  await expect.poll(async () => (await cluster.kubectl(phase)).stdout, WITHIN).toBe('Deploying')
  await cluster.kubectl(['delete', 'namespace', 'going', '--wait=false'])
  await expect.poll(() => read('namespace/going', '.metadata.name'), WITHIN).toBe('')
})

test('nothing was made twice, and the controller is the one that was started', async () => {
  const events = await cluster.auditEvents()
  const made = events
    .filter(
      ({ userAgent, responseStatus, objectRef, verb }) =>
        userAgent?.startsWith('cdk8s-database') === true &&
        responseStatus?.code === 201 &&
        ['create', 'patch'].includes(verb) &&
        objectRef?.namespace === 'default' &&
        objectRef.resource !== 'events',
    )
    .map(({ objectRef }) => `${objectRef?.resource}/${objectRef?.name}`)
  const times = new Map<string, number>()
  for (const name of made) times.set(name, (times.get(name) ?? 0) + 1)
  const twice = [...times].filter(([, count]) => count > 1)
  expect(twice).toEqual([['services/test-db-pods', 1 + deletions]])
  expect(times.size).toBeGreaterThan(14)
  expect(controller.child.exitCode).toBeNull()
})
