import { describe, expect, it } from 'vitest'
import { decide } from '../../src/phases/decide.ts'
import { TROUBLE_PRECEDENCE } from '../../src/phases/pod-trouble.ts'
import type { EventObservation, World } from '../../src/phases/world.ts'
import {
  anUnreadyPod,
  aPod,
  aStatefulSet,
  children,
  childrenWith,
  condition,
  deployingWorld,
  judgement,
  NOW,
  readyWorld,
  REVISION,
  runningWorld,
  secondsAfter,
  withSpec,
  withStatus,
} from './worlds.ts'

const waiting = (reason: string, message?: string): Record<string, unknown> => ({
  state: { waiting: { reason, ...(message === undefined ? {} : { message }) } },
})

const crashed = (message: string, exitCode = 1): Record<string, unknown> => ({
  restartCount: 3,
  state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 40s restarting failed container' } },
  lastState: { terminated: { exitCode, reason: 'Error', message } },
})

const event = (change: Partial<EventObservation>): EventObservation => ({
  kind: 'Pod',
  name: 'orders-0',
  reason: 'FailedMount',
  message: 'because',
  time: secondsAfter(NOW, 5),
  ...change,
})

const pendingClaim = {
  name: 'data-orders-0',
  uid: 'c',
  createdAt: secondsAfter(NOW, -60),
  phase: 'Pending',
  requested: '10Gi',
}

describe('a rollout is complete only when', () => {
  const incomplete: readonly (readonly [string, Partial<World>])[] = [
    ['there is a StatefulSet', { statefulSet: undefined }],
    [
      'its controller has seen it as it is now',
      { statefulSet: aStatefulSet({ generation: 2, status: { observedGeneration: 1 } }) },
    ],
    ['every replica is updated', { statefulSet: aStatefulSet({ status: { updatedReplicas: 0 } }) }],
    ['every replica is ready', { statefulSet: aStatefulSet({ status: { readyReplicas: 0 } }) }],
    ['every pod exists', { pods: [] }],
    ['every pod is ready', { pods: [anUnreadyPod({})] }],
    ['every pod stays', { pods: [aPod({ metadata: { deletionTimestamp: NOW } })] }],
    ['every pod is of the wanted revision', { pods: [aPod({ revision: 'orders-old' })] }],
    ['no pod is left over', { pods: [aPod(), aPod({ uid: 'other', metadata: { name: 'orders-1' } })] }],
  ]
  it.each(incomplete)('%s', (_, change) => {
    const decision = decide(runningWorld(change))
    expect(decision.status.phase).toBe('Deploying')
    expect(decision).toMatchObject({ effects: [], next: { type: 'change', withinMs: 5000 } })
    expect(judgement(decision, 'Degraded')).toBe('False AsExpected')
  })
})

describe('the status says what keeps the pod from becoming ready:', () => {
  const postgres = 'Pod orders-0, container postgres (postgres:16.4-bookworm)'
  const bootstrap = 'Pod orders-0, container bootstrap (postgres:16.4-bookworm)'
  const cases: readonly (readonly [string, World, reason: string, message: string])[] = [
    [
      'an image that cannot be pulled',
      deployingWorld(anUnreadyPod({ bootstrap: waiting('ErrImagePull', 'manifest unknown') })),
      'ErrImagePull',
      `${bootstrap}: the image cannot be pulled: manifest unknown`,
    ],
    [
      'an image that the kubelet waits to pull again',
      deployingWorld(
        anUnreadyPod({
          bootstrap: waiting(
            'ImagePullBackOff',
            'Back-off pulling image "postgres:99": ErrImagePull: manifest unknown',
          ),
        }),
      ),
      'ErrImagePull',
      `${bootstrap}: the image cannot be pulled: manifest unknown`,
    ],
    [
      'a name that is no image',
      deployingWorld(anUnreadyPod({ postgres: waiting('InvalidImageName', 'invalid reference format') })),
      'InvalidImageName',
      `${postgres}: InvalidImageName: invalid reference format`,
    ],
    [
      'a key that is missing in the Secret',
      deployingWorld(anUnreadyPod({ bootstrap: waiting('CreateContainerConfigError', "couldn't find key password") })),
      'CreateContainerConfigError',
      `${bootstrap}: CreateContainerConfigError: couldn't find key password`,
    ],
    [
      'the end of what a container said that keeps exiting, without its times, and its exit code',
      deployingWorld(
        anUnreadyPod({
          postgres: crashed(
            'starting\n2026-11-21 15:08:07.710 UTC [1010] LOG: invalid value\n2026-11-21 15:08:07.711 UTC [1010] FATAL: errors\n',
          ),
        }),
      ),
      'CrashLoopBackOff',
      `${postgres} exited with code 1: LOG: invalid value · FATAL: errors`,
    ],
    [
      'a container that keeps exiting without a word',
      deployingWorld(anUnreadyPod({ postgres: crashed('', 137) })),
      'CrashLoopBackOff',
      `${postgres} exited with code 137: Error`,
    ],
    [
      'a container that exited for the first time',
      deployingWorld(anUnreadyPod({ bootstrap: { state: { terminated: { exitCode: 2, message: 'no space left' } } } })),
      'ContainerExited',
      `${bootstrap} exited with code 2: no space left`,
    ],
    [
      'a pod that fits no node',
      deployingWorld(
        anUnreadyPod(
          {},
          {
            conditions: [
              {
                type: 'PodScheduled',
                status: 'False',
                reason: 'Unschedulable',
                message: '0/3 nodes: Insufficient memory',
              },
            ],
          },
        ),
      ),
      'Unschedulable',
      'Pod orders-0 cannot be scheduled: 0/3 nodes: Insufficient memory',
    ],
    [
      'a pod that was evicted',
      deployingWorld(
        aPod({ status: { phase: 'Failed', reason: 'Evicted', message: 'disk pressure', conditions: [] } }),
      ),
      'Evicted',
      'Pod orders-0: disk pressure',
    ],
    [
      'a pod that quota or Pod Security forbids',
      deployingWorld(undefined, {
        events: [
          event({ kind: 'StatefulSet', name: 'orders', reason: 'FailedCreate', message: 'exceeded quota: small' }),
        ],
      }),
      'FailedCreate',
      'StatefulSet orders cannot create its pod: exceeded quota: small',
    ],
    [
      'a volume that cannot be mounted',
      deployingWorld(anUnreadyPod({}), { events: [event({ message: 'timed out waiting for\n the volume' })] }),
      'FailedMount',
      'Pod orders-0: timed out waiting for the volume',
    ],
    [
      'a claim that cannot be provisioned, rather than the pod that waits for it',
      deployingWorld(
        anUnreadyPod({}, { conditions: [{ type: 'PodScheduled', status: 'False', message: 'unbound claims' }] }),
        {
          claims: [pendingClaim],
          events: [
            event({
              kind: 'PersistentVolumeClaim',
              name: 'data-orders-0',
              reason: 'ProvisioningFailed',
              message: 'storageclass "fast" not found',
            }),
          ],
        },
      ),
      'ProvisioningFailed',
      'PersistentVolumeClaim data-orders-0 cannot be provisioned: storageclass "fast" not found',
    ],
  ]
  it.each(cases)('%s', (_, world, reason, message) => {
    const decision = decide(world)
    expect(decision.status.phase).toBe('Deploying')
    expect(judgement(decision, 'Ready')).toBe(`False ${reason}`)
    expect(judgement(decision, 'Degraded')).toBe(`True ${reason}`)
    expect(judgement(decision, 'Progressing')).toBe(`True ${reason}`)
    expect(condition(decision, 'Ready')?.message).toBe(message)
    expect(decision).toMatchObject({ effects: [], next: { type: 'change', withinMs: 5000 } })
  })

  it('the usual course is nothing abnormal', () => {
    const decision = decide(deployingWorld(anUnreadyPod({ postgres: waiting('ContainerCreating') })))
    expect(judgement(decision, 'Ready')).toBe('False PodStarting')
    expect(judgement(decision, 'Degraded')).toBe('False AsExpected')
  })

  it('the more telling of two causes wins', () => {
    const world = deployingWorld(
      anUnreadyPod({ bootstrap: waiting('ErrImagePull', 'gone'), postgres: crashed('FATAL: x') }),
    )
    expect(judgement(decide(world), 'Ready')).toBe('False ErrImagePull')
    expect(TROUBLE_PRECEDENCE.indexOf('ErrImagePull')).toBeLessThan(TROUBLE_PRECEDENCE.indexOf('CrashLoopBackOff'))
  })

  it('events of an earlier rollout or an earlier pod are history', () => {
    const old = secondsAfter(NOW, -7200)
    const creation = event({ kind: 'StatefulSet', name: 'orders', reason: 'FailedCreate', time: old })
    expect(judgement(decide(deployingWorld(undefined, { events: [creation] })), 'Ready')).toBe('False PodMissing')
    expect(judgement(decide(deployingWorld(anUnreadyPod({}), { events: [event({ time: old })] })), 'Ready')).toBe(
      'False PodStarting',
    )
    const provisioning = event({
      kind: 'PersistentVolumeClaim',
      name: 'data-orders-0',
      reason: 'ProvisioningFailed',
      time: old,
    })
    const replaced = deployingWorld(anUnreadyPod({}), { claims: [pendingClaim], events: [provisioning] })
    expect(judgement(decide(replaced), 'Ready')).toBe('False PodStarting')
  })

  it('a pod that could not be created at first, but was in the end, is no trouble', () => {
    const creation = event({ kind: 'StatefulSet', name: 'orders', reason: 'FailedCreate' })
    expect(judgement(decide(deployingWorld(anUnreadyPod({}), { events: [creation] })), 'Ready')).toBe(
      'False PodStarting',
    )
  })

  it('what the new pod suffers from counts more than what the old one did', () => {
    const older = anUnreadyPod({ postgres: crashed('old') }, { revision: 'orders-old', uid: 'a' })
    const newer = anUnreadyPod({ postgres: crashed('new') }, { uid: 'b' })
    const statefulSet = aStatefulSet({ generation: 2, status: { observedGeneration: 1, readyReplicas: 0 } })
    const world = deployingWorld(newer, { statefulSet, pods: [older, newer] })
    expect(condition(decide(world), 'Ready')?.message).toContain('new')
  })

  it('a pod that is shutting down is not blamed for how it ends', () => {
    const pod = anUnreadyPod({ postgres: crashed('terminated') })
    const leaving = { ...pod, metadata: { ...pod.metadata, deletionTimestamp: NOW } }
    expect(judgement(decide(deployingWorld(leaving)), 'Ready')).toBe('False PodTerminating')
  })

  it('the status stands still while the kubelet alternates between pulling and waiting', () => {
    let world = deployingWorld(anUnreadyPod({ bootstrap: waiting('ErrImagePull', 'manifest unknown') }))
    world = withStatus(world, decide(world))
    for (const message of [
      'Back-off pulling image "postgres:99"',
      'Back-off pulling: ErrImagePull: manifest unknown',
    ]) {
      const later = {
        ...world,
        now: secondsAfter(NOW, 20),
        pods: [anUnreadyPod({ bootstrap: waiting('ImagePullBackOff', message) })],
      }
      expect(decide(later).status).toStrictEqual(world.database.status)
    }
  })
})

describe('a bootstrap that refuses the data directory', () => {
  const refused = { bootstrap: crashed('MajorUpgradeRequired: the data is of PostgreSQL 14\nsecond line', 78) }

  it('is tried again in a new pod when a person asks, who may have mended the volume', () => {
    const world = deployingWorld(anUnreadyPod(refused))
    const stalledWorld = withStatus(world, decide(world))
    const asked = decide({ ...stalledWorld, retryRequested: true })
    expect(asked.effects).toMatchObject([{ type: 'delete-pod', name: 'orders-0', reason: 'MajorUpgradeRequired' }])
    expect(asked.next).toStrictEqual({ type: 'now' })
    expect(decide({ ...withStatus(stalledWorld, asked), retryRequested: false }).next.type).toBe('stalled')
  })

  it('is tried again in a later pass where the first one had something else to do', () => {
    const pod = anUnreadyPod(refused)
    const asked = { retryRequested: true, podsBeforeRetry: ['pod-uid'] }
    const first = { ...deployingWorld(pod, { children: childrenWith('ConfigMap', 'update') }), ...asked }
    expect(decide(first).effects).toMatchObject([{ type: 'apply' }])
    const second = { ...withStatus(first, decide(first)), children: children('unchanged'), retryRequested: false }
    expect(decide(second).effects).toMatchObject([{ type: 'delete-pod', name: 'orders-0', uid: 'pod-uid' }])
    const replaced = { ...second, pods: [anUnreadyPod(refused, { uid: 'new' })] }
    expect(decide(replaced).next.type).toBe('stalled')
  })

  it('never stalls a new run on what the pod of the former one said', () => {
    const pod = anUnreadyPod(refused)
    let world: World = deployingWorld(pod)
    world = withStatus(world, decide(world))
    expect(world.database.status?.phase).toBe('Failed')
    // Long after, with the cause mended.
    world = { ...world, now: secondsAfter(NOW, 3600), retryRequested: true, podsBeforeRetry: ['pod-uid'] }
    expect(decide(world).effects).toHaveLength(1)
    world = { ...withStatus(world, decide(world)), retryRequested: false, now: secondsAfter(NOW, 3601) }
    const leaving = { ...pod, metadata: { ...pod.metadata, deletionTimestamp: world.now } }
    const passes: readonly (readonly [string, World['pods'], reason: string])[] = [
      ['the old pod is shutting down', [leaving], 'PodTerminating'],
      ['it is gone', [], 'PodMissing'],
      ['its successor is made', [anUnreadyPod({}, { uid: 'new' })], 'PodStarting'],
      ['the bootstrap runs', [anUnreadyPod({ bootstrap: { state: { running: {} } } }, { uid: 'new' })], 'PodNotReady'],
    ]
    for (const [what, pods, reason] of passes) {
      world = { ...world, pods, now: secondsAfter(world.now, 2) }
      const decision = decide(world)
      expect(decision, what).toMatchObject({ effects: [], next: { type: 'change' }, status: { phase: 'Deploying' } })
      expect(judgement(decision, 'Ready'), what).toBe(`False ${reason}`)
      world = withStatus(world, decision)
    }
    world = { ...world, pods: [aPod({ uid: 'new' })], statefulSet: aStatefulSet() }
    expect(decide(world).status.phase).toBe('Verifying')
  })

  it('stalls the database with its own reason', () => {
    const decision = decide(deployingWorld(anUnreadyPod(refused)))
    expect(decision.status.phase).toBe('Failed')
    expect(judgement(decision, 'Stalled')).toBe('True MajorUpgradeRequired')
    expect(condition(decision, 'Stalled')?.message).toBe(
      'Pod orders-0, container bootstrap: the data is of PostgreSQL 14',
    )
    expect(decision.next).toStrictEqual({ type: 'stalled', reason: 'MajorUpgradeRequired' })
  })

  it('still refuses while the kubelet starts it once more', () => {
    const again = { ...refused.bootstrap, state: { running: { startedAt: NOW } } }
    expect(judgement(decide(deployingWorld(anUnreadyPod({ bootstrap: again }))), 'Stalled')).toBe(
      'True MajorUpgradeRequired',
    )
  })

  it('says nothing about a spec that has been corrected since', () => {
    const decision = decide(deployingWorld(anUnreadyPod(refused, { revision: 'orders-old' })))
    expect(condition(decision, 'Stalled')).toBeUndefined()
  })

  it('says nothing before the controller has seen the corrected spec', () => {
    const statefulSet = aStatefulSet({ generation: 2, status: { observedGeneration: 1, readyReplicas: 0 } })
    expect(condition(decide(deployingWorld(anUnreadyPod(refused), { statefulSet })), 'Stalled')).toBeUndefined()
  })

  it('is an ordinary crash without a reason that programs can read', () => {
    const decision = decide(deployingWorld(anUnreadyPod({ bootstrap: crashed('something else', 78) })))
    expect(judgement(decision, 'Ready')).toBe('False CrashLoopBackOff')
    expect(condition(decision, 'Stalled')).toBeUndefined()
  })
})

describe('a pod that hangs on a revision that is no longer wanted (kubernetes#67250)', () => {
  const old = { revision: 'orders-old', uid: 'stuck-uid' }

  it.each(['ImagePullBackOff', 'ErrImagePull', 'CreateContainerConfigError', 'CrashLoopBackOff'])(
    'is deleted by uid while it waits with %s',
    (reason) => {
      const decision = decide(deployingWorld(anUnreadyPod({ bootstrap: waiting(reason) }, old)))
      expect(decision.effects).toStrictEqual([{ type: 'delete-pod', name: 'orders-0', uid: 'stuck-uid', reason }])
      expect(judgement(decision, 'Ready')).toBe('False ReplacingStuckPod')
    },
  )

  it('is deleted too when it fits no node', () => {
    const conditions = [{ type: 'PodScheduled', status: 'False', message: 'Insufficient memory' }]
    expect(decide(deployingWorld(anUnreadyPod({}, { ...old, conditions }))).effects).toMatchObject([
      { type: 'delete-pod', uid: 'stuck-uid', reason: 'Unschedulable' },
    ])
  })

  const spared: readonly (readonly [string, World])[] = [
    [
      'it is of the wanted revision',
      deployingWorld(anUnreadyPod({ bootstrap: waiting('ErrImagePull') }, { revision: REVISION })),
    ],
    ['it only starts', deployingWorld(anUnreadyPod({ postgres: waiting('ContainerCreating') }, old))],
    ['it serves clients', deployingWorld(aPod(old))],
    [
      'it is being deleted already',
      deployingWorld(
        aPod({
          ...old,
          metadata: { deletionTimestamp: NOW },
          status: { initContainerStatuses: [{ name: 'bootstrap', ...waiting('ErrImagePull') }] },
        }),
      ),
    ],
    [
      'the controller has not seen the corrected template',
      deployingWorld(anUnreadyPod({ bootstrap: waiting('ErrImagePull') }, old), {
        statefulSet: aStatefulSet({ generation: 2, status: { observedGeneration: 1, readyReplicas: 0 } }),
      }),
    ],
  ]
  it.each(spared)('is left alone while %s', (_, world) => {
    expect(decide(world).effects).toStrictEqual([])
  })
})

describe('the deadline', () => {
  const stuck = anUnreadyPod({ bootstrap: waiting('ErrImagePull', 'manifest unknown') })

  it('stalls a rollout after ten minutes, quotes the reason and goes on watching', () => {
    const world = deployingWorld(stuck)
    expect(decide({ ...world, now: secondsAfter(NOW, 600) }).status.phase).toBe('Deploying')
    const late = decide({ ...world, now: secondsAfter(NOW, 601) })
    expect(late.status.phase).toBe('Failed')
    expect(judgement(late, 'Stalled')).toBe('True ProgressDeadlineExceeded')
    expect(condition(late, 'Stalled')?.message).toContain('ErrImagePull: Pod orders-0')
    expect(late.next).toStrictEqual({ type: 'change', withinMs: 5000 })
  })

  it('stays exceeded, with the same status, until the pod comes up by itself', () => {
    let world = { ...deployingWorld(stuck), now: secondsAfter(NOW, 601) }
    world = withStatus(world, decide(world))
    const later = { ...world, now: secondsAfter(NOW, 1000) }
    expect(decide(later).status).toStrictEqual(world.database.status)
    const recovered = decide({ ...later, statefulSet: aStatefulSet(), pods: [aPod()] })
    expect(recovered.status.phase).toBe('Verifying')
    expect(condition(recovered, 'Stalled')).toBeUndefined()
  })

  it('counts nothing while there is neither a StatefulSet nor a pod, and so says the same twice', () => {
    const world = runningWorld({ statefulSet: undefined, pods: [] })
    const shown = withStatus(world, decide(world))
    const late = { ...shown, now: secondsAfter(NOW, 601) }
    expect(decide(late).status.phase).toBe('Deploying')
    expect(judgement(decide(late), 'Ready')).toBe('False StatefulSetMissing')
  })

  it('counts from the new spec, not from the old one that never came up', () => {
    let world: World = { ...deployingWorld(stuck), now: secondsAfter(NOW, 601) }
    world = withSpec(withStatus(world, decide(world)), { image: 'postgres:16.5-bookworm' })
    const statefulSet = aStatefulSet({ createdAt: secondsAfter(NOW, 610), status: { readyReplicas: 0 } })
    expect(decide({ ...world, now: secondsAfter(NOW, 620), statefulSet }).status.phase).toBe('Deploying')
  })

  it('counts from the new template where the StatefulSet is an old one', () => {
    const statefulSet = aStatefulSet({ status: { readyReplicas: 0 } })
    const managedFields = [{ manager: 'argocd-controller', operation: 'Apply', time: secondsAfter(NOW, 900) }]
    const written = { ...statefulSet, metadata: { ...statefulSet.metadata, managedFields } }
    const world = deployingWorld(stuck, { statefulSet: written })
    expect(decide({ ...world, now: secondsAfter(NOW, 1500) }).status.phase).toBe('Deploying')
    expect(decide({ ...world, now: secondsAfter(NOW, 1501) }).status.phase).toBe('Failed')
  })

  it('counts from the crash for a database that was Ready for long', () => {
    const crash = { statefulSet: aStatefulSet({ status: { readyReplicas: 0 } }), pods: [stuck] }
    let world = readyWorld(crash)
    const start = world.now
    expect(decide(world).status.phase).toBe('Updating')
    world = withStatus(world, decide(world))
    expect(decide({ ...world, now: secondsAfter(start, 600) }).status.phase).toBe('Updating')
    expect(decide({ ...world, now: secondsAfter(start, 601) }).status.phase).toBe('Failed')
  })
})
