/** Defects of published implementations in what is decided and shown: see `list.test.ts`. */
import { describe, expect, test } from 'vitest'
import { decide } from '../../src/phases/decide.ts'
import { SimulatedCluster } from '../phases/simulated-cluster.ts'
import type { SimulationStart } from '../phases/simulated-cluster.ts'
import {
  aPod,
  aStatefulSet,
  children,
  condition,
  judgement,
  readyWorld,
  REVISION,
  secondsAfter,
  seenWorld,
  withSpec,
  withStatus,
} from '../phases/worlds.ts'

const NOTHING: SimulationStart = {
  generation: 1,
  revision: 'good',
  applied: [false, false, false, false],
  secret: 'absent',
  hasStatefulSet: false,
  pod: undefined,
  hasDependency: false,
  unavailable: 0,
  badLogins: 0,
  failures: [],
}

/** Enough passes for a walk with one detour. */
const MANY = 30

function passUntilReady(cluster: SimulatedCluster): void {
  for (let passes = 0; passes < MANY; passes += 1) {
    const { status, effects } = cluster.pass()
    if (status.phase === 'Ready' && effects.length === 0) return
  }
  throw new Error(`not Ready after ${MANY} passes: ${cluster.phases.join(', ')}`)
}

describe('a spec that is corrected', () => {
  test('C1: is applied while the database still waits for the pods of the wrong one, and those are replaced', () => {
    const cluster = new SimulatedCluster({ ...NOTHING, revision: 'bad' })
    for (let passes = 0; passes < 10; passes += 1) cluster.pass()
    expect(cluster.status?.phase).toBe('Deploying')
    const done = cluster.effects.length
    cluster.edit('good')
    cluster.pass()
    expect(cluster.effects[done]).toMatchObject({ type: 'apply', objects: [{ kind: 'StatefulSet' }] })
    passUntilReady(cluster)
    expect(cluster.effects.slice(done).map(({ type }) => type)).toContain('delete-pod')
  })

  test.each(['Provisioning', 'Configuring', 'Deploying', 'Verifying', 'Updating', 'Failed'] as const)(
    'C1: is applied in phase %s too',
    (phase) => {
      const before = readyWorld()
      const status = { ...before.database.status, phase, observedGeneration: 1, conditions: [] }
      const world = withSpec(
        {
          ...before,
          database: { ...before.database, status },
          children: children('unchanged').map((child) =>
            child.object.kind === 'StatefulSet' ? { ...child, verdict: 'update' as const } : child,
          ),
        },
        { image: 'postgres:16.5-bookworm' },
      )
      expect(decide(world).effects).toMatchObject([{ type: 'apply', objects: [{ kind: 'StatefulSet' }] }])
    },
  )
})

describe('a spec that changes while the database is Ready', () => {
  test('C2: is never told as Ready before a pod of the new spec runs', () => {
    const cluster = new SimulatedCluster(NOTHING)
    passUntilReady(cluster)
    cluster.phases.length = 0
    cluster.edit('better')
    for (let passes = 0; passes < MANY; passes += 1) {
      cluster.pass()
      const [pod] = cluster.observe().pods
      if (cluster.status?.phase === 'Ready')
        expect(pod?.metadata.labels?.['controller-revision-hash'], 'told as Ready').toBe('better')
    }
    expect(cluster.phases).toEqual(['Updating', 'Verifying', 'Ready'])
  })

  test('C2: is not Ready by the counts of a StatefulSet whose controller has not seen the change', () => {
    const stale = aStatefulSet({ generation: 2, status: { observedGeneration: 1 } })
    const changed = withSpec(readyWorld({ statefulSet: stale }), { image: 'postgres:16.5-bookworm' })
    const shown = withStatus(changed, decide(changed))
    for (const world of [changed, shown]) {
      const decision = decide(world)
      expect(decision.status).toMatchObject({ phase: 'Updating', ready: false })
      expect(decision.effects.map(({ type }) => type)).not.toContain('verify')
    }
    const seen = aStatefulSet({ generation: 2, status: { observedGeneration: 2 } })
    expect(decide({ ...shown, statefulSet: seen }).status.phase).toBe('Verifying')
  })
})

describe('a child that somebody deleted', () => {
  test.each(children('unchanged').map(({ object }) => [object.kind, object.metadata.name] as const))(
    'C3: %s %s is made again beside a Ready database',
    (kind, name) => {
      const lost = children('unchanged').map((child) =>
        child.object.kind === kind && child.object.metadata.name === name
          ? { ...child, verdict: 'create' as const }
          : child,
      )
      const { effects } = decide(readyWorld({ children: lost }))
      expect(effects).toMatchObject([{ type: 'apply', objects: [{ kind, metadata: { name } }] }])
    },
  )

  test('C3: a lost Secret stops everything, because no other password opens the data', () => {
    const { credentials } = readyWorld()
    const decision = decide(
      readyWorld({ credentials: { secretName: credentials.secretName, source: 'generated', state: 'absent' } }),
    )
    expect(judgement(decision, 'Stalled')).toBe('True CredentialsMissingForExistingData')
    expect(decision.effects).toEqual([])
  })
})

describe('an error that passes', () => {
  test('C9: is never shown as Failed, and is tried again later each time', () => {
    let world = seenWorld()
    const delays: number[] = []
    for (let attempt = 0; attempt < 4; attempt += 1) {
      const { now } = world
      const failure = {
        class: 'transient',
        reason: 'ServiceUnavailable',
        message: 'etcd',
        generation: 1,
        at: now,
      } as const
      const decision = decide({ ...world, failure })
      expect(decision.status.phase).toBe('Provisioning')
      expect(judgement(decision, 'Failed')).toBe('False NoFailure')
      expect(condition(decision, 'Ready')?.message).toContain('etcd')
      const delayMs = decision.next.type === 'after' ? decision.next.delayMs : 0
      delays.push(delayMs)
      world = withStatus({ ...world, now: secondsAfter(now, delayMs / 1000), failure }, decision)
      expect(decide(world).effects, 'when the time has come').toEqual([{ type: 'create-credentials' }])
    }
    expect(delays).toEqual([5000, 10_000, 20_000, 40_000])
  })
})

describe('the status', () => {
  test('C10: says in every pass, and in every condition, which generation it speaks of', () => {
    const cluster = new SimulatedCluster(NOTHING)
    for (let passes = 0; passes < 2 * MANY; passes += 1) {
      if (passes === MANY) cluster.edit('better')
      const { status } = cluster.pass()
      expect(status.observedGeneration, status.phase).toBe(cluster.generation)
      for (const type of ['Ready', 'Progressing', 'Available', 'Degraded', 'Failed'] as const)
        expect(condition(status, type)?.observedGeneration, `${status.phase} ${type}`).toBe(cluster.generation)
      const isReconciling = judgement(status, 'Reconciling')?.startsWith('True') === true
      expect(isReconciling, status.phase).toBe(status.phase !== 'Ready')
    }
  })

  test('C10: is Ready only after a login, and not after one that was rejected', () => {
    const cluster = new SimulatedCluster({ ...NOTHING, badLogins: 2 })
    passUntilReady(cluster)
    expect(cluster.effects.filter(({ type }) => type === 'verify')).toHaveLength(3)
  })

  test.each([
    ['updateRevision', { updateRevision: 'orders-next' }],
    ['updatedReplicas', { updatedReplicas: 0 }],
    ['observedGeneration', { observedGeneration: 0 }],
    ['readyReplicas', { readyReplicas: 0 }],
    ['replicas', { replicas: 2 }],
  ])('C11: changes with %s of the StatefulSet alone', (_field, status) => {
    const world = readyWorld()
    expect(decide(world).status.phase).toBe('Ready')
    expect(decide({ ...world, statefulSet: aStatefulSet({ status }) }).status.phase).not.toBe('Ready')
  })

  test('C11: changes with a pod of another revision, whatever the counts say', () => {
    expect(decide(readyWorld({ pods: [aPod({ revision: `${REVISION}-old` })] })).status.phase).not.toBe('Ready')
  })
})
