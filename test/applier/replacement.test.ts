import { describe, expect, test } from 'vitest'
import type { KubernetesObject, ObjectReference } from '../../src/api/object.ts'
import type { DeletionOptions } from '../../src/applier/cluster/cluster-api.ts'
import { replaceObject } from '../../src/applier/replacement.ts'
import type { JsonPatchOperation } from '../../src/plan/json-patch.ts'
import { FakeCluster, refusal } from './fake-cluster.ts'

/** Tells every step, and lets a deletion take as many looks as a test wants. */
class SteppingCluster extends FakeCluster {
  readonly steps: string[] = []
  conflicts = 0
  looksUntilGone = 0

  override async get(reference: ObjectReference): Promise<KubernetesObject | undefined> {
    const live = await super.get(reference)
    if (live?.metadata.deletionTimestamp === undefined) return live
    this.looksUntilGone -= 1
    if (this.looksUntilGone < 0) this.objects.clear()
    return live
  }

  override async apply(
    object: KubernetesObject,
    options: { manager: string; dryRun?: boolean },
  ): Promise<KubernetesObject> {
    this.steps.push(options.dryRun === true ? 'dry run' : `apply ${object.kind}`)
    return super.apply(object, options)
  }

  override patch(
    reference: ObjectReference,
    operations: readonly JsonPatchOperation[],
    options: { manager: string },
  ): Promise<KubernetesObject> {
    this.steps.push(`patch ${reference.kind} ${reference.name}: ${operations.map(({ path }) => path).join(' ')}`)
    return super.patch(reference, operations, options)
  }

  override delete(
    reference: ObjectReference,
    uid: string,
    resourceVersion?: string,
    { orphan = false }: DeletionOptions = {},
  ): Promise<void> {
    this.steps.push(`delete ${reference.kind} ${uid} ${resourceVersion}${orphan ? ' without dependents' : ''}`)
    this.conflicts -= 1
    const live = [...this.objects.values()].find(({ metadata }) => metadata.uid === uid)
    if (this.conflicts >= 0 && live !== undefined) return Promise.reject(refusal(409, 'Conflict', live))
    return super.delete(reference, uid, resourceVersion)
  }
}

const object = (kind: string, change: object = {}): KubernetesObject => ({
  apiVersion: kind === 'StatefulSet' ? 'apps/v1' : 'rbac.authorization.k8s.io/v1',
  kind,
  metadata: { name: 'orders', namespace: 'shop' },
  spec: { selector: { matchLabels: { app: 'orders' } } },
  ...change,
})

describe('an object that is replaced', () => {
  test('is deleted with what it must be as preconditions, then created', async () => {
    const cluster = new SteppingCluster()
    cluster.add(object('StatefulSet'))
    const made = await replaceObject(cluster, object('StatefulSet'), 'uid-1', false)
    expect(cluster.steps).toEqual(['delete StatefulSet uid-1 2 without dependents', 'apply StatefulSet'])
    expect(made.metadata.uid).toBe('uid-2')
  })

  test('takes its dependents along where nothing else depends on them', async () => {
    const cluster = new SteppingCluster()
    cluster.add(object('RoleBinding'))
    await replaceObject(cluster, object('RoleBinding'), 'uid-1', false)
    expect(cluster.steps[0]).toBe('delete RoleBinding uid-1 2')
  })

  test.each([
    ['is gone already', undefined],
    ['was made anew by somebody else', 'uid-other'],
  ])('is only applied where it %s', async (_title, uid) => {
    const cluster = new SteppingCluster()
    if (uid !== undefined) cluster.add(object('StatefulSet', { metadata: { name: 'orders', namespace: 'shop', uid } }))
    await replaceObject(cluster, object('StatefulSet'), 'uid-1', false)
    expect(cluster.steps).toEqual(['apply StatefulSet'])
  })

  test('is read again where its status was written meanwhile', async () => {
    const cluster = new SteppingCluster()
    cluster.conflicts = 2
    cluster.add(object('StatefulSet'))
    await replaceObject(cluster, object('StatefulSet'), 'uid-1', false)
    expect(cluster.steps.filter((step) => step.startsWith('delete'))).toHaveLength(3)
  })

  test('is waited for where it is going already, and not deleted twice', async () => {
    const cluster = new SteppingCluster()
    cluster.looksUntilGone = 3
    const metadata = { name: 'orders', namespace: 'shop', deletionTimestamp: '2026-11-21T12:00:00Z' }
    cluster.add(object('StatefulSet', { metadata }))
    await replaceObject(cluster, object('StatefulSet'), 'uid-1', false)
    expect(cluster.steps).toEqual(['apply StatefulSet'])
  })

  test('gives its pods and claims the labels by which the new one knows them', async () => {
    const cluster = new SteppingCluster()
    cluster.add(object('StatefulSet', { spec: { replicas: 1, selector: { matchLabels: { app: 'by-hand' } } } }))
    const owner = { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'orders', uid: 'uid-1', controller: true }
    const inShop = (name: string, rest: object = {}): KubernetesObject['metadata'] => ({
      name,
      namespace: 'shop',
      ...rest,
    })
    cluster.add({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: inShop('orders-0', { ownerReferences: [owner], labels: {} }),
    })
    cluster.add({ apiVersion: 'v1', kind: 'Pod', metadata: inShop('other-0') })
    cluster.add({ apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: inShop('data-orders-0') })
    const spec = {
      selector: { matchLabels: { 'app.kubernetes.io/name': 'postgresql' } },
      volumeClaimTemplates: [{ metadata: { name: 'data' } }],
    }
    const labelled: string[] = []
    await replaceObject(cluster, object('StatefulSet', { spec }), 'uid-1', false, ({ kind, metadata }) => {
      labelled.push(`${kind} ${metadata.name}`)
    })
    expect(cluster.steps).toEqual([
      'patch Pod orders-0: /metadata/labels/app.kubernetes.io~1name',
      'patch PersistentVolumeClaim data-orders-0: /metadata/labels /metadata/labels/app.kubernetes.io~1name',
      'delete StatefulSet uid-1 2 without dependents',
      'apply StatefulSet',
    ])
    expect(labelled).toEqual(['Pod orders-0', 'PersistentVolumeClaim data-orders-0'])
  })
})
