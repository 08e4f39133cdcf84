/** A namespace with databases is deleted, by the namespace controller, under the rights that the construct grants. */
import { App, Chart } from 'cdk8s'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { DatabaseController } from '../../src/constructs/database-controller.ts'
import { createNamespace, useControlPlane } from '../cluster/shared.ts'
import { startController } from './controller-process.ts'
import type { ControllerProcess } from './controller-process.ts'
import { installDefinition, labManifest } from './database.ts'

const cluster = await useControlPlane()
const home = await createNamespace(cluster, 'home')
const [orderly, unlucky] = [await createNamespace(cluster, 'orderly'), await createNamespace(cluster, 'unlucky')]
const namespaces = [orderly, unlucky]
const ACCOUNT = 'cdk8s-database-controller'
const FLAGS = ['--verify=off', ...namespaces.flatMap((namespace) => ['--watch-namespace', namespace])]

let controller: ControllerProcess | undefined
let kubeconfig = ''

beforeAll(async () => {
  await installDefinition(cluster)
  kubeconfig = await cluster.serviceAccountKubeconfig(home, ACCOUNT)
  const chart = new Chart(new App(), 'controller', { disableResourceNameHashes: true })
  const watched = { namespace: home, watchNamespaces: namespaces }
  const image = 'registry.example.com/cdk8s-database:0.1.0'
  new DatabaseController(chart, 'Controller', { ...watched, image, replicas: 0, deletionProtection: false })
  const manifests = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: chart.toJson() })
  const { code, stderr } = await cluster.kubectl(['apply', '--server-side', '-f', '-'], { stdin: manifests })
  expect(code, stderr).toBe(0)
  controller = startController(FLAGS, { kubeconfig })
  for (const namespace of namespaces) {
    await cluster.kubectl(['-n', namespace, 'apply', '-f', '-'], { stdin: labManifest() })
    const isDeploying = async (): Promise<void> => expect(await phaseIn(namespace)).toBe('Deploying')
    await vi.waitFor(isDeploying, { timeout: 45_000, interval: 200 })
  }
})
afterAll(() => controller?.stop())

const phaseIn = async (namespace: string): Promise<string | undefined> => {
  const { body } = await cluster.request(
    'GET',
    `/apis/database.example.com/v1/namespaces/${namespace}/databases/test-db`,
  )
  return (body as { status?: { phase?: string } }).status?.phase
}

async function expectToGo(namespace: string): Promise<void> {
  const path = `/api/v1/namespaces/${namespace}`
  await cluster.request('DELETE', path)
  const code = async (): Promise<number> => (await cluster.request('GET', path)).status
  await expect.poll(code, { timeout: 60_000, interval: 200 }).toBe(404)
}

test('it goes, whichever of its objects go first', () => expectToGo(orderly))

test('it goes also where the rights in it went long before, to a controller that was started since', async () => {
  await controller?.stop()
  for (const kind of ['rolebindings', 'roles'])
    await cluster.request('DELETE', `/apis/rbac.authorization.k8s.io/v1/namespaces/${unlucky}/${kind}/${ACCOUNT}`)
  controller = startController(FLAGS, { kubeconfig })
  await controller.says('watch interrupted')
  await expectToGo(unlucky)
})
