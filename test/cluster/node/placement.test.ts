import { describe, expect, test } from 'vitest'
import type { PersistentVolumeClaim, Pod, PodSpec } from './objects.ts'
import { addUsage, noUsage, placePod } from './placement.ts'
import type { PlacementWorld } from './placement.ts'

const claim = (phase: string, storageClassName: string): PersistentVolumeClaim => ({
  metadata: { name: 'data' },
  spec: { storageClassName },
  status: { phase },
})
const world = (rest: Partial<PlacementWorld> = {}): PlacementWorld => ({
  nodeName: 'local-node',
  nodeLabels: { disk: 'ssd' },
  allocatable: { cpu: '2', memory: '1Gi', pods: '3' },
  used: noUsage,
  claim: () => undefined,
  storageClass: (name) => ({
    metadata: { name },
    provisioner: 'x',
    volumeBindingMode: name === 'late' ? 'WaitForFirstConsumer' : 'Immediate',
  }),
  ...rest,
})
const pod = (spec: Partial<PodSpec> = {}, cpu = '100m'): Pod => ({
  metadata: { name: 'db-0', namespace: 'default' },
  spec: { containers: [{ name: 'main', image: 'postgres:18', resources: { requests: { cpu } } }], ...spec },
})
const withClaim = pod({ volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }] })
const messageOf = (placement: ReturnType<typeof placePod>): string | undefined =>
  placement.action === 'unschedulable' ? placement.message : placement.action

describe('placing a pod', () => {
  test('a pod that fits is bound', () => {
    expect(placePod(pod({ nodeSelector: { disk: 'ssd' } }), world())).toEqual({ action: 'bind' })
  })

  test('a selector that the node does not match keeps it away', () => {
    expect(messageOf(placePod(pod({ nodeSelector: { disk: 'tape' } }), world()))).toContain(
      "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector.",
    )
  })

  test('requests count together with those of the pods that are there', () => {
    const used = addUsage(noUsage, pod({}, '1500m'))
    expect(messageOf(placePod(pod({}, '600m'), world({ used })))).toContain('1 Insufficient cpu')
    expect(placePod(pod({}, '500m'), world({ used }))).toEqual({ action: 'bind' })
  })

  test('the number of pods is limited', () => {
    expect(messageOf(placePod(pod(), world({ used: { ...noUsage, pods: 3 } })))).toContain('1 Too many pods')
  })

  test('a claim that does not exist keeps it away', () => {
    expect(messageOf(placePod(withClaim, world()))).toContain('persistentvolumeclaim "data" not found')
  })

  test('an unbound claim of an immediate class keeps it away', () => {
    const found = world({ claim: () => claim('Pending', 'now') })
    expect(messageOf(placePod(withClaim, found))).toContain('pod has unbound immediate PersistentVolumeClaims')
  })

  test('a claim that waits for its first consumer is provisioned first', () => {
    const waiting = claim('Pending', 'late')
    expect(placePod(withClaim, world({ claim: () => waiting }))).toEqual({ action: 'provision', claims: [waiting] })
    expect(placePod(withClaim, world({ claim: () => claim('Bound', 'late') }))).toEqual({ action: 'bind' })
  })
})
