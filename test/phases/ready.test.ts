import { describe, expect, it } from 'vitest'
import { decide } from '../../src/phases/decide.ts'
import { verificationSubject } from '../../src/phases/readiness.ts'
import type { World } from '../../src/phases/world.ts'
import {
  aChild,
  aPod,
  aStatefulSet,
  anUnreadyPod,
  children,
  childrenWith,
  condition,
  judgement,
  NOW,
  readyWorld,
  secondsAfter,
  withSpec,
  withStatus,
} from './worlds.ts'

describe('Ready', () => {
  it('says what a client needs to know, and that nothing is left to do', () => {
    const world = readyWorld()
    const { status, effects, next } = decide(world)
    expect(status).toStrictEqual({
      phase: 'Ready',
      ready: true,
      endpoint: 'orders.shop.svc.cluster.local:5432',
      secretName: 'orders-credentials',
      replicas: 1,
      readyReplicas: 1,
      selector: 'app.kubernetes.io/name=postgresql,app.kubernetes.io/instance=orders',
      postgresVersion: '16.4',
      verifiedSubject: verificationSubject(world),
      observedGeneration: 1,
      conditions: [
        ['Ready', 'True', 'AllChecksPassed', 'The application role logs in, and everything is as the spec asks.'],
        ['Progressing', 'False', 'ReconciliationComplete', 'Everything is as the spec asks.'],
        ['Available', 'True', 'LoginSucceeded', 'The application role logged in and ran a query.'],
        ['Degraded', 'False', 'AsExpected', 'Nothing is abnormal.'],
        ['Failed', 'False', 'NoFailure', 'No failure is known.'],
      ].map(([type, value, reason, message]) => ({
        type,
        status: value,
        reason,
        message,
        observedGeneration: 1,
        lastTransitionTime: NOW,
      })),
    })
    expect(effects).toStrictEqual([])
    expect(next).toStrictEqual({ type: 'done' })
  })

  it('is not written again while nothing changes', () => {
    const world = readyWorld()
    expect(decide({ ...world, now: secondsAfter(world.now, 86_400) }).status).toStrictEqual(world.database.status)
  })

  it('keeps the conditions of others', () => {
    const world = readyWorld()
    const { status } = world.database
    const foreign = { type: 'BackedUp', status: 'True', reason: 'Done', message: '', lastTransitionTime: NOW } as const
    const kept = { ...status, conditions: [foreign, ...(status?.conditions ?? [])] }
    expect(decide({ ...world, database: { ...world.database, status: kept } }).status).toStrictEqual(kept)
  })
})

describe('drift beside a Ready database', () => {
  it('is corrected in silence where nothing restarts', () => {
    const world = readyWorld({ children: childrenWith('Service', 'update') })
    const decision = decide(world)
    expect(decision.effects).toMatchObject([{ type: 'apply', objects: [{ kind: 'Service' }, { kind: 'Service' }] }])
    expect(decision.status).toStrictEqual(world.database.status)
    expect(decision.next).toStrictEqual({ type: 'now' })
  })

  it('of which a part cannot be corrected is not corrected by halves', () => {
    const world = readyWorld({
      children: [...childrenWith('Service', 'update'), aChild('Role', 'orders', 'provisioning', 'conflict')],
    })
    expect(decide(world)).toMatchObject({ status: { phase: 'Failed' }, effects: [] })
  })

  it('that rolls the pods shows itself as Updating until the login after it', () => {
    let world: World = readyWorld({ children: childrenWith('StatefulSet', 'update') })
    expect(decide(world).status.phase).toBe('Ready')
    world = {
      ...world,
      children: children('unchanged'),
      statefulSet: aStatefulSet({ generation: 2, status: { observedGeneration: 1 } }),
    }
    expect(decide(world).status.phase).toBe('Updating')
    world = withStatus(world, decide(world))
    world = { ...world, statefulSet: aStatefulSet({ generation: 2 }), pods: [aPod({ uid: 'new' })] }
    expect(decide(world).status.phase).toBe('Verifying')
  })

  it('is no silent matter while the Secret that somebody else keeps is missing', () => {
    const credentials = { secretName: 'ours', source: 'existing', state: 'absent' } as const
    const decision = decide(readyWorld({ credentials, children: childrenWith('Service', 'update') }))
    expect(decision.status).toMatchObject({ phase: 'Updating', ready: false })
    expect(decision.effects).toMatchObject([{ type: 'apply' }])
  })

  it('that took the StatefulSet away is no silent matter', () => {
    const world = readyWorld({ children: childrenWith('StatefulSet', 'create'), statefulSet: undefined, pods: [] })
    const decision = decide(world)
    expect(decision.status).toMatchObject({ phase: 'Updating', ready: false })
    expect(decision.effects).toMatchObject([{ type: 'apply', objects: [{ kind: 'StatefulSet' }] }])
    expect(judgement(decision, 'Available')).toBe('False NoReadyPod')
  })
})

describe('Updating', () => {
  it('is shown instead of the middle phases for a database that was Ready', () => {
    const world = withSpec(readyWorld({ children: childrenWith('StatefulSet', 'update') }), { image: 'postgres:16.5' })
    const decision = decide(world)
    expect(decision.status).toMatchObject({ phase: 'Updating', observedGeneration: 2, ready: false })
    expect(decision.effects).toMatchObject([{ type: 'apply' }])
    expect(condition(decision, 'Ready')?.observedGeneration).toBe(2)
    expect(judgement(decision, 'Reconciling')).toBe('True Applying')
    // The old server still answers.
    expect(judgement(decision, 'Available')).toBe('True LoginSucceeded')
  })

  it('is shown again after a failure in the midst of it', () => {
    let world = withSpec(readyWorld({ children: childrenWith('StatefulSet', 'refused') }), { image: 'postgres:16.5' })
    world = withStatus(world, decide(world))
    expect(world.database.status?.phase).toBe('Failed')
    expect(decide({ ...world, children: childrenWith('StatefulSet', 'update') }).status.phase).toBe('Updating')
  })

  it('is what a crashed pod makes of Ready', () => {
    const pod = anUnreadyPod({
      postgres: {
        restartCount: 1,
        state: { waiting: { reason: 'CrashLoopBackOff' } },
        lastState: { terminated: { exitCode: 1, message: 'PANIC: x' } },
      },
    })
    const decision = decide(readyWorld({ pods: [pod], statefulSet: aStatefulSet({ status: { readyReplicas: 0 } }) }))
    expect(decision.status).toMatchObject({ phase: 'Updating', ready: false, readyReplicas: 0 })
    expect(judgement(decision, 'Degraded')).toBe('True CrashLoopBackOff')
  })
})
