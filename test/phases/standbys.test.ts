import { describe, expect, test } from 'vitest'
import type { KubernetesObject } from '../../src/api/object.ts'
import type { StandbyState } from '../../src/api/standby-state.ts'
import { decide } from '../../src/phases/decide.ts'
import { LAG_LIMIT_BYTES } from '../../src/phases/standbys.ts'
import { pendingChildren } from '../../src/phases/children.ts'
import { verificationSubject } from '../../src/phases/readiness.ts'
import type { World } from '../../src/phases/world.ts'
import { aChild, aDatabase, aPod, aStatefulSet, children, NOW, newWorld } from './worlds.ts'

const STANDBY_REVISION = 'orders-standby-1a2b'

function standbyPod(ordinal: number, ready = true): KubernetesObject {
  return aPod({
    uid: `standby-${ordinal}`,
    metadata: {
      name: `orders-standby-${ordinal}`,
      labels: { 'controller-revision-hash': STANDBY_REVISION, 'app.kubernetes.io/component': 'standby' },
    },
    status: { conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
  })
}

function standbyStatefulSet(ready = 2): KubernetesObject {
  const counts = { replicas: 2, readyReplicas: ready, updatedReplicas: 2, updateRevision: STANDBY_REVISION }
  const made = aStatefulSet({ status: counts })
  return { ...made, metadata: { ...made.metadata, name: 'orders-standby', uid: 'standbys' }, spec: { replicas: 2 } }
}

/** A database of three replicas where nothing is left to do but to log in. */
function threeReplicas(change: Partial<World> = {}): World {
  return newWorld({
    database: aDatabase({ spec: { replicas: 3 }, status: { phase: 'Verifying', observedGeneration: 1 } }),
    children: [...children('unchanged'), aChild('StatefulSet', 'orders-standby', 'provisioning', 'unchanged')],
    credentials: {
      secretName: 'orders-credentials',
      source: 'generated',
      state: 'complete',
      createdAt: NOW,
      changedAt: NOW,
    },
    replicationSecret: 'complete',
    statefulSet: aStatefulSet(),
    standbyStatefulSet: standbyStatefulSet(),
    pods: [aPod(), standbyPod(1), standbyPod(2)],
    ...change,
  })
}

function verified(world: World, states: readonly StandbyState['state'][], lagBytes = 0): World {
  const standbys = states.map((state, index) => ({ pod: `orders-standby-${index + 1}`, state, lagBytes }))
  const subject = verificationSubject(world)
  return { ...world, verification: { ok: true, subject, at: NOW, serverVersion: '16.4', standbys } }
}

const condition = (world: World, type: string): { status?: string; reason?: string } => {
  const found = decide(world).status.conditions?.find((candidate) => candidate.type === type)
  return found === undefined ? {} : { status: found.status, reason: found.reason }
}

describe('standbys', () => {
  test('are asked about at the primary, and make the database Ready when they stream', () => {
    expect(decide(threeReplicas()).effects).toMatchObject([{ type: 'verify', standbys: 2 }])
    const world = verified(threeReplicas(), ['streaming', 'streaming'])
    expect(decide(world).status).toMatchObject({ phase: 'Ready', replicas: 3, readyReplicas: 3 })
  })

  test('that do not stream keep it from Ready, not from clients', () => {
    const world = verified(threeReplicas(), ['streaming', 'disconnected'])
    expect(condition(world, 'Ready')).toMatchObject({ status: 'False' })
    expect(condition(world, 'Available')).toMatchObject({ status: 'True' })
  })

  test('that are far behind are Degraded and no more', () => {
    const world = verified(threeReplicas(), ['streaming', 'streaming'], LAG_LIMIT_BYTES + 1)
    expect(condition(world, 'Ready')).toEqual({ status: 'True', reason: 'StandbyLagging' })
    expect(condition(world, 'Degraded')).toEqual({ status: 'True', reason: 'StandbyLagging' })
  })

  test('for which the primary keeps nothing are cloned anew', () => {
    const world = { ...verified(threeReplicas(), ['streaming', 'lost']), now: '2026-11-21T12:05:00Z' }
    expect(decide(world).effects).toMatchObject([{ type: 'delete-pod', name: 'orders-standby-2', uid: 'standby-2' }])
  })

  test('that go missing from a Ready database degrade it, and leave it available', () => {
    const ready = verified(threeReplicas(), ['streaming', 'streaming'])
    const database = { ...ready.database, status: decide(ready).status }
    const lost = {
      ...ready,
      database,
      standbyStatefulSet: standbyStatefulSet(1),
      pods: [aPod(), standbyPod(1), standbyPod(2, false)],
    }
    expect(condition(lost, 'Degraded')).toEqual({ status: 'True', reason: 'StandbyNotReady' })
    expect(condition(lost, 'Available')).toMatchObject({ status: 'True' })
  })

  test('have a password before they are made', () => {
    expect(decide(threeReplicas({ replicationSecret: 'absent' })).effects).toEqual([
      { type: 'make-replication-secret' },
    ])
  })
})

describe('the primary is changed last', () => {
  const updates = [
    aChild('StatefulSet', 'orders', 'provisioning', 'update'),
    aChild('StatefulSet', 'orders-standby', 'provisioning', 'update'),
  ]
  const [primary, standbys] = updates
  const names = (world: World): string[] => pendingChildren(world).map(({ object }) => object.metadata.name)

  test('after every standby', () => {
    expect(names(threeReplicas({ children: updates }))).toEqual(['orders-standby'])
    const applied = [primary, { ...standbys, verdict: 'unchanged' }] as World['children']
    expect(names(threeReplicas({ children: applied, standbyStatefulSet: standbyStatefulSet(1) }))).toEqual([])
    expect(names(threeReplicas({ children: applied }))).toEqual(['orders'])
  })

  test('but at once where it does not serve', () => {
    const broken = aPod({ status: { conditions: [{ type: 'Ready', status: 'False' }] } })
    const world = threeReplicas({ children: updates, pods: [broken, standbyPod(1), standbyPod(2)] })
    expect(names(world)).toEqual(['orders', 'orders-standby'])
  })
})
