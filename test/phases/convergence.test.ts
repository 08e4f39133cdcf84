import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ALLOWED_TRANSITIONS } from '../../src/phases/transitions.ts'
import { statuses } from './arbitraries.ts'
import { SimulatedCluster } from './simulated-cluster.ts'
import type { Passwords, SimulationStart } from './simulated-cluster.ts'

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

/** Enough passes for everything that can go wrong in a start, one thing after the other. */
const MANY = 80

const starts: fc.Arbitrary<SimulationStart> = fc
  .record({
    status: fc.option(statuses, { nil: undefined }),
    generation: fc.constant(3),
    revision: fc.constantFrom('good', 'better'),
    applied: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
    secret: fc.constantFrom('absent' as const, 'incomplete' as const, 'complete' as const),
    hasStatefulSet: fc.boolean(),
    pod: fc.option(
      fc.record({
        revision: fc.constantFrom('good', 'bad', 'earlier'),
        state: fc.constantFrom('starting' as const, 'ready' as const, 'stuck' as const),
      }),
      { nil: undefined },
    ),
    hasDependency: fc.boolean(),
    hasSurplus: fc.boolean(),
    unavailable: fc.integer({ min: 0, max: 3 }),
    badLogins: fc.integer({ min: 0, max: 3 }),
    failures: fc.array(fc.constantFrom('transient' as const, 'unknown' as const), { maxLength: 3 }),
    passwords: fc.constantFrom<Passwords>('agree', 'agree', 'asked', 'staged', 'changed', 'edited', 'both'),
  })
  .map(({ status, pod, ...start }) => {
    // A pod that hangs on the revision that is wanted hangs for good; here everything can be healed.
    const isHopeless = pod !== undefined && pod.state === 'stuck' && pod.revision !== 'bad'
    return { ...start, status: withoutPermanentFailure(status), pod: isHopeless ? undefined : pod }
  })

/** A permanent failure that a status remembers is not what heals by itself. */
function withoutPermanentFailure(status: SimulationStart['status']): SimulationStart['status'] {
  if (status === undefined) return undefined
  return { ...status, conditions: (status.conditions ?? []).filter(({ type }) => type !== 'Stalled') }
}

function settle(cluster: SimulatedCluster): number {
  for (let passes = 1; passes <= MANY; passes += 1) {
    const { status, effects, next } = cluster.pass()
    if (status.phase === 'Ready' && effects.length === 0 && next.type === 'done') return passes
  }
  return Infinity
}

function expectStillness(cluster: SimulatedCluster): void {
  const { statusWrites } = cluster
  const done = cluster.effects.length
  for (let passes = 0; passes < 5; passes += 1) cluster.pass()
  expect(cluster.effects.slice(done)).toStrictEqual([])
  expect(cluster.statusWrites).toBe(statusWrites)
  expect(cluster.isAgreed).toBe(true)
}

describe('the walk', () => {
  it('shows every phase in order, makes everything once, and then nothing more', () => {
    const cluster = new SimulatedCluster(NOTHING)
    expect(settle(cluster)).toBeLessThan(20)
    expect(cluster.phases).toStrictEqual(['Pending', 'Provisioning', 'Configuring', 'Deploying', 'Verifying', 'Ready'])
    expect(cluster.effects.map((effect) => effect.type)).toStrictEqual([
      'create-credentials',
      'apply',
      'apply',
      'verify',
    ])
    expectStillness(cluster)
  })

  it('of a changed spec is Updating, Verifying, Ready', () => {
    const cluster = new SimulatedCluster(NOTHING)
    settle(cluster)
    cluster.phases.length = 0
    cluster.edit('better')
    expect(settle(cluster)).toBeLessThan(20)
    expect(cluster.phases).toStrictEqual(['Updating', 'Verifying', 'Ready'])
    expectStillness(cluster)
  })

  it('of a password that is asked for is Updating, Verifying, Ready, once for each value', () => {
    const cluster = new SimulatedCluster(NOTHING)
    settle(cluster)
    cluster.phases.length = 0
    const done = cluster.effects.length
    const before = cluster.password
    cluster.ask('monday')
    expect(settle(cluster)).toBeLessThan(20)
    expect(cluster.phases).toStrictEqual(['Updating', 'Verifying', 'Ready'])
    expect(cluster.effects.slice(done).map(({ type }) => type)).toStrictEqual([
      'stage-password',
      'rotate-password',
      'verify',
    ])
    expect(cluster.password).toBe(before + 1)
    cluster.ask('monday')
    expectStillness(cluster)
  })

  it('gets a database off a bad image when the spec is corrected', () => {
    const cluster = new SimulatedCluster({ ...NOTHING, revision: 'bad' })
    for (let passes = 0; passes < 10; passes += 1) cluster.pass()
    expect(cluster.status?.phase).toBe('Deploying')
    cluster.edit('good')
    expect(settle(cluster)).toBeLessThan(20)
    expect(cluster.effects.filter(({ type }) => type === 'delete-pod')).toHaveLength(1)
  })
})

describe('from any start', () => {
  it('the database becomes Ready along the diagram, and then nothing is done or written', () => {
    fc.assert(
      fc.property(starts, (start) => {
        const cluster = new SimulatedCluster(start)
        expect(settle(cluster)).toBeLessThanOrEqual(MANY)
        const arrows = cluster.phases.slice(1).map((to, index) => [cluster.phases[index], to] as const)
        const forbidden = arrows.filter(([from, to]) => !ALLOWED_TRANSITIONS[from ?? 'Pending'].includes(to ?? 'Ready'))
        expect(forbidden).toStrictEqual([])
        expectStillness(cluster)
      }),
      { numRuns: 500 },
    )
  })

  it('a process that is killed again and again, after any step, ends there too', () => {
    fc.assert(
      fc.property(starts, fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 12 }), (start, kills) => {
        const cluster = new SimulatedCluster(start)
        for (const killAfter of kills) cluster.pass(killAfter)
        expect(settle(cluster)).toBeLessThanOrEqual(MANY)
        expectStillness(cluster)
      }),
      { numRuns: 500 },
    )
  })

  it('a spec that changes on the way, also to a bad image and back, ends there too', () => {
    fc.assert(
      fc.property(
        starts,
        fc.array(fc.tuple(fc.constantFrom('good', 'bad', 'better'), fc.integer({ min: 0, max: 8 })), { maxLength: 4 }),
        (start, edits) => {
          const cluster = new SimulatedCluster(start)
          for (const [revision, passes] of edits) {
            cluster.edit(revision)
            for (let pass = 0; pass < passes; pass += 1) cluster.pass()
          }
          cluster.edit('good')
          expect(settle(cluster)).toBeLessThanOrEqual(MANY)
          expect(cluster.status?.observedGeneration).toBe(cluster.generation)
          expectStillness(cluster)
        },
      ),
      { numRuns: 500 },
    )
  })
})
