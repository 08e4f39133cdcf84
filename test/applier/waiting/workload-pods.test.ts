import { describe, expect, test } from 'vitest'
import type { KubernetesObject } from '../../../src/api/object.ts'
import { PodIndex, presentPods } from '../../../src/applier/waiting/workload-pods.ts'

const pod = (
  name: string,
  owner: { kind: string; name: string; uid: string },
  labels: Record<string, string>,
  created = '1',
): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name,
    namespace: 'shop',
    labels,
    creationTimestamp: `2026-01-01T00:00:0${created}Z`,
    ownerReferences: [{ apiVersion: 'apps/v1', controller: true, ...owner }],
  },
})
const workload = (kind: string, name: string, uid: string, more: object = {}): KubernetesObject => ({
  apiVersion: 'apps/v1',
  kind,
  metadata: { name, namespace: 'shop', uid },
  ...more,
})
const names = (pods: readonly KubernetesObject[]): string[] => pods.map(({ metadata }) => metadata.name)
const replicaSet = (hash: string): { kind: string; name: string; uid: string } => ({
  kind: 'ReplicaSet',
  name: `web-${hash}`,
  uid: `rs-${hash}`,
})

describe('the pods of', () => {
  const index = new PodIndex([
    pod('old', replicaSet('1a'), { 'pod-template-hash': '1a' }, '1'),
    pod('new', replicaSet('2b'), { 'pod-template-hash': '2b' }, '2'),
    pod('another', { kind: 'ReplicaSet', name: 'web-api-2b', uid: 'rs-api' }, { 'pod-template-hash': '2b' }),
    pod('store-0', { kind: 'StatefulSet', name: 'store', uid: 'store' }, { 'controller-revision-hash': 'a' }),
    pod('store-1', { kind: 'StatefulSet', name: 'store', uid: 'store' }, { 'controller-revision-hash': 'b' }),
    pod('stranger', { kind: 'StatefulSet', name: 'store', uid: 'an earlier one' }, {}),
  ])

  test('a Deployment are those of its ReplicaSets, the present template first', () => {
    const web = workload('Deployment', 'web', 'web')
    expect(names(index.of(web))).toEqual(['new', 'old'])
    expect(names(presentPods(web, index.of(web)))).toEqual(['new'])
  })

  test('a StatefulSet are those of this one, the update revision first; an old one counts, since it holds up the rest', () => {
    const store = workload('StatefulSet', 'store', 'store', { status: { updateRevision: 'b' } })
    expect(names(index.of(store))).toEqual(['store-1', 'store-0'])
    expect(names(presentPods(store, index.of(store)))).toEqual(['store-1', 'store-0'])
  })
})
