import { describe, expect, it } from 'vitest'
import { decide } from '../../src/phases/decide.ts'
import { verificationSubject } from '../../src/phases/readiness.ts'
import {
  aPod,
  aStatefulSet,
  anUnreadyPod,
  childrenWith,
  condition,
  deployingWorld,
  judgement,
  NOW,
  readyWorld,
  runningWorld,
  secondsAfter,
  seenWorld,
  withSpec,
  withStatus,
} from './worlds.ts'

// Each of these is a defect of published implementations of this state machine.
describe('a defect that others had and this must never have:', () => {
  const pulling = anUnreadyPod({ bootstrap: { state: { waiting: { reason: 'ErrImagePull', message: 'not found' } } } })

  it('C1: a corrected spec is applied while the rollout of the wrong one hangs in Deploying', () => {
    let world = deployingWorld(pulling)
    world = withStatus(world, decide(world))
    expect(world.database.status?.phase).toBe('Deploying')
    const corrected = withSpec(world, { image: 'postgres:16.5' })
    expect(decide({ ...corrected, children: childrenWith('StatefulSet', 'update') }).effects).toMatchObject([
      { type: 'apply', objects: [{ kind: 'StatefulSet' }] },
    ])
  })

  it('C1: a corrected spec is applied in Failed too', () => {
    let world = { ...deployingWorld(pulling), now: secondsAfter(NOW, 700) }
    world = withStatus(world, decide(world))
    expect(world.database.status?.phase).toBe('Failed')
    const corrected = withSpec(world, { image: 'postgres:16.5' })
    expect(decide({ ...corrected, children: childrenWith('StatefulSet', 'update') }).effects).toHaveLength(1)
  })

  it('C1: the pod that hangs on the wrong image is replaced once the corrected template is in', () => {
    const world = deployingWorld(
      anUnreadyPod(
        { bootstrap: { state: { waiting: { reason: 'ImagePullBackOff' } } } },
        { revision: 'orders-old', uid: 'u' },
      ),
    )
    expect(decide(world).effects).toMatchObject([{ type: 'delete-pod', uid: 'u' }])
  })

  it('C2: a change is not reported Ready from the StatefulSet as it was before the change', () => {
    const changed = withSpec(readyWorld({ children: childrenWith('StatefulSet', 'update') }), {
      image: 'postgres:16.5',
    })
    expect(decide(changed).status).toMatchObject({ phase: 'Updating', ready: false })
    // Applied, but the controller's status is still about the old template.
    const stale = aStatefulSet({ generation: 2, status: { observedGeneration: 1 } })
    const applied = {
      ...withStatus(changed, decide(changed)),
      children: childrenWith('Service', 'unchanged'),
      statefulSet: stale,
    }
    expect(decide(applied).status).toMatchObject({ phase: 'Updating', ready: false })
  })

  it('C3: a Service that somebody deleted comes back, and a Secret that is gone is noticed', () => {
    expect(decide(readyWorld({ children: childrenWith('Service', 'create') })).effects).toMatchObject([
      { type: 'apply', objects: [{ kind: 'Service' }, { kind: 'Service' }] },
    ])
    const credentials = { secretName: 'orders-credentials', source: 'generated', state: 'absent' } as const
    expect(judgement(decide(readyWorld({ credentials })), 'Ready')).toBe('False CredentialsMissingForExistingData')
  })

  it('C4: what is unchanged is not written again', () => {
    let world = readyWorld()
    for (let pass = 0; pass < 10; pass += 1) {
      const decision = decide(world)
      expect(decision.effects).toStrictEqual([])
      expect(decision.status).toStrictEqual(world.database.status)
      world = { ...world, now: secondsAfter(world.now, 30) }
    }
  })

  it('C8: the write of the Failed status does not end the back-off that it announces', () => {
    const failure = { class: 'unknown', reason: 'Unexpected', message: 'boom', generation: 1, at: NOW } as const
    const failed = seenWorld({ failure })
    const decision = decide(failed)
    expect(decision.next).toMatchObject({ type: 'after', delayMs: 60_000 })
    const triggered = { ...withStatus(failed, decision), now: secondsAfter(NOW, 1), failure: undefined }
    expect(decide(triggered)).toStrictEqual({
      status: decision.status,
      effects: [],
      next: { type: 'after', delayMs: 59_000, reason: 'BackOff' },
    })
  })

  it('C9: an error of the API server that passes is no Failed, is counted and is tried again soon', () => {
    const failure = { class: 'transient', reason: 'TooManyRequests', message: '429', generation: 1, at: NOW } as const
    const decision = decide(seenWorld({ failure }))
    expect(decision.status).toMatchObject({ phase: 'Provisioning', retries: 1 })
    expect(judgement(decision, 'Failed')).toBe('False NoFailure')
    expect(decision.next).toMatchObject({ type: 'after', delayMs: 5000 })
  })

  it('C10: a Ready that is about an older spec is not kept', () => {
    const world = withSpec(readyWorld(), { image: 'postgres:16.5' })
    const decision = decide(world)
    expect(decision.status).toMatchObject({ phase: 'Updating', ready: false, observedGeneration: 2 })
    expect(condition(decision, 'Ready')).toMatchObject({ status: 'False', observedGeneration: 2 })
  })

  it('C10: pods that are ready are not a verification', () => {
    const world = runningWorld()
    expect(decide(world).status).toMatchObject({ phase: 'Verifying', ready: false })
    const verification = {
      ok: false,
      subject: verificationSubject(world),
      at: NOW,
      reason: 'WrongOwner',
      message: 'no',
    } as const
    expect(decide({ ...world, verification }).status).toMatchObject({ phase: 'Verifying', ready: false })
  })

  it('C10: Available, Degraded and the kstatus pair tell as much as Ready and Progressing do', () => {
    const decision = decide(readyWorld({ pods: [aPod({ status: { conditions: [] } })] }))
    expect(judgement(decision, 'Available')).toBe('False NoReadyPod')
    expect(judgement(decision, 'Reconciling')).toBe('True PodNotReady')
    expect(condition(decision, 'Degraded')).toBeDefined()
  })
})
