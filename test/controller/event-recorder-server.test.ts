/** Events on a real API server, as kubectl shows them. */
import { afterAll, expect, test } from 'vitest'
import type { KubernetesObject } from '../../src/api/object.ts'
import { connect } from '../../src/cluster/connect.ts'
import { loadKubeconfig } from '../../src/cluster/kubeconfig.ts'
import { EventRecorder } from '../../src/controller/event-recorder.ts'
import { createNamespace, useControlPlane } from '../cluster/shared.ts'

const controlPlane = await useControlPlane()
const connection = await loadKubeconfig({ flag: controlPlane.kubeconfig, environment: {} })
const client = connect(connection, { environment: {} })
afterAll(() => client.transport.close())

const startRecorder = (errors: unknown[]): EventRecorder =>
  new EventRecorder({ client, component: 'cdk8s-database', onError: (error) => errors.push(error) })

test('kubectl describe shows what happened, once, with a count, also over a restart of the controller', async () => {
  const namespace = await createNamespace(controlPlane, 'events')
  const object: KubernetesObject = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'orders', namespace } }
  const orders = await client.create(object)
  const errors: unknown[] = []
  const failed = { type: 'Warning', reason: 'StorageClassMissing', message: 'Deploying -> Failed' } as const
  const before = startRecorder(errors)
  before.record(orders, failed)
  before.record(orders, failed)
  await before.flush()
  const after = startRecorder(errors)
  after.record(orders, failed)
  await after.flush()

  expect(errors).toEqual([])
  const { items } = await client.list({ apiVersion: 'v1', kind: 'Event', namespace })
  const mine = items.filter((event) => event['reason'] === failed.reason)
  expect(mine).toMatchObject([{ count: 3, type: 'Warning', involvedObject: { uid: orders.metadata.uid } }])
  const { stdout } = await controlPlane.kubectl(['describe', 'configmap', 'orders', '-n', namespace])
  expect(stdout).toMatch(/Warning\s+StorageClassMissing\s+\S+ \(x3 over \S+\)\s+cdk8s-database\s+Deploying -> Failed/)
})

test('a namespace that is gone is an error that is told, not thrown', async () => {
  const errors: unknown[] = []
  const recorder = startRecorder(errors)
  const metadata = { name: 'orders', namespace: 'not-there', uid: 'uid' }
  recorder.record({ apiVersion: 'v1', kind: 'ConfigMap', metadata }, { type: 'Normal', reason: 'A', message: 'b' })
  await recorder.flush()
  expect(errors).toMatchObject([{ name: 'ApiError', code: 404 }])
})
