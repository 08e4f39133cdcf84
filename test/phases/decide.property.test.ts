import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { databaseStatusSchema } from '../../src/api/status.ts'
import type { Phase } from '../../src/api/status.ts'
import { findCondition, isConditionTrue } from '../../src/phases/conditions.ts'
import { decide } from '../../src/phases/decide.ts'
import { isPodReady, podRevision } from '../../src/phases/pod.ts'
import { ALLOWED_TRANSITIONS, transitions } from '../../src/phases/transitions.ts'
import { worlds } from './arbitraries.ts'
import { withStatus } from './worlds.ts'

const RUNS = { numRuns: 1000 }

const frozen = <T>(value: T): T => {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const part of Object.values(value)) frozen(part)
  }
  return value
}

describe('of any world', () => {
  it('a decision is made, the same one each time, and the world is left as it is', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const first = decide(frozen(world))
        expect(decide(structuredClone(world))).toStrictEqual(first)
      }),
      RUNS,
    )
  })

  it('the status is one that the server accepts, about the spec as it is, never ahead of it', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const { status } = decide(world)
        expect(databaseStatusSchema.safeParse(status).error).toBeUndefined()
        expect(status.observedGeneration).toBe(world.database.metadata.generation)
      }),
      RUNS,
    )
  })

  it('the conditions are complete, and kstatus never reads two stories', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const { status } = decide(world)
        // A back-off leaves the observed status alone, also one that we did not write.
        fc.pre(status !== world.database.status)
        const { conditions } = status
        for (const type of ['Ready', 'Progressing', 'Available', 'Degraded', 'Failed'] as const) {
          expect(findCondition(conditions, type)).toBeDefined()
        }
        for (const type of ['Reconciling', 'Stalled'] as const) {
          expect(findCondition(conditions, type)?.status ?? 'True').toBe('True')
        }
        expect(isConditionTrue(conditions, 'Reconciling') && isConditionTrue(conditions, 'Stalled')).toBe(false)
        expect(isConditionTrue(conditions, 'Reconciling')).toBe(isConditionTrue(conditions, 'Progressing'))
        expect(isConditionTrue(conditions, 'Ready')).toBe(status.phase === 'Ready')
        expect(isConditionTrue(conditions, 'Ready')).toBe(status.ready)
        expect(isConditionTrue(conditions, 'Failed')).toBe(status.phase === 'Failed')
      }),
      RUNS,
    )
  })

  it('Ready is said only where everything is as desired, or is being made so without a restart', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const { status, effects } = decide(world)
        if (status.phase !== 'Ready' || status === world.database.status) return
        const applied = effects.flatMap((effect) => (effect.type === 'apply' ? effect.objects : []))
        const open = world.children.filter(({ verdict }) => verdict !== 'unchanged')
        expect(applied).toStrictEqual(open.map(({ object }) => object))
        expect(world.credentials.state).toBe('complete')
        expect(world.statefulSet?.['status']).toMatchObject({ readyReplicas: 1, updatedReplicas: 1 })
        expect(world.pods.every((pod) => isPodReady(pod))).toBe(true)
        expect(['Ready', 'Verifying']).toContain(world.database.status?.phase)
      }),
      { numRuns: 5000 },
    )
  })

  it('nothing is done to a database that is deleted, paused or stalled', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const { status, effects } = decide(world)
        const isLeftAlone =
          world.database.metadata.deletionTimestamp !== undefined ||
          world.database.spec.paused === true ||
          (status !== world.database.status && isConditionTrue(status.conditions, 'Stalled'))
        expect(isLeftAlone ? effects : []).toStrictEqual([])
      }),
      RUNS,
    )
  })

  it('no password is made for data that exists', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const types = new Set(decide(world).effects.map(({ type }) => type))
        const createdAt = world.credentials.createdAt ?? ''
        const older = world.claims.filter((claim) => claim.createdAt < createdAt)
        expect(types.has('create-credentials') ? world.claims : []).toStrictEqual([])
        expect(types.has('complete-credentials') ? older : []).toStrictEqual([])
      }),
      RUNS,
    )
  })

  it('what the spec no longer asks for goes before anything is applied', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const types = decide(world).effects.map(({ type }) => type)
        if (world.surplus?.length === 0 || !types.some((type) => type === 'apply' || type === 'replace')) return
        expect(types[0]).toBe('remove')
      }),
      RUNS,
    )
  })

  it('the StatefulSet comes after the credentials', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const makesStatefulSet = decide(world).effects.some(
          (effect) => effect.type === 'apply' && effect.objects.some(({ kind }) => kind === 'StatefulSet'),
        )
        const isFirst = makesStatefulSet && world.statefulSet === undefined
        expect(isFirst ? world.credentials.state : 'complete').toBe('complete')
      }),
      RUNS,
    )
  })

  it('no pod is deleted that is ready, or of the wanted revision unless a person asks for another attempt', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        for (const effect of decide(world).effects) {
          if (effect.type !== 'delete-pod') continue
          const pod = world.pods.find(({ metadata }) => metadata.uid === effect.uid)
          expect(pod === undefined || isPodReady(pod)).toBe(false)
          if (world.retryRequested !== true) expect(pod === undefined ? undefined : podRevision(pod)).toBe('orders-old')
        }
      }),
      RUNS,
    )
  })

  it('a pass that nothing asked to do anything says the same again when its status was written', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const decision = decide(world)
        if (decision.next.type === 'now' || decision.effects.length > 0) return
        const written = { ...withStatus(world, decision), retryRequested: false }
        const again = decide(written)
        expect(again.status).toStrictEqual(decision.status)
        expect(again.effects).toStrictEqual([])
      }),
      RUNS,
    )
  })

  it('the phases follow each other along the diagram', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const { status } = decide(world)
        for (const { from, to } of transitions(world.database.status, status)) {
          const known: readonly Phase[] | undefined = from === undefined ? undefined : ALLOWED_TRANSITIONS[from]
          expect(known ?? ['Pending', 'Deleting'], `${from} -> ${to}`).toContain(to)
        }
      }),
      { numRuns: 5000 },
    )
  })
})

describe('the random worlds', () => {
  it('reach every arrow of the diagram, and Ready often enough to say something about it', () => {
    // One seed: this is about the worlds, not about the decisions.
    const sample = fc.sample(worlds, { numRuns: 15_000, seed: 1 })
    const decided = sample.map((world) => ({ before: world.database.status, after: decide(world).status }))
    const taken = new Set(
      decided.flatMap(({ before, after }) => transitions(before, after).map(({ from, to }) => `${from} -> ${to}`)),
    )
    const drawn = Object.entries(ALLOWED_TRANSITIONS).flatMap(([from, all]) => all.map((to) => `${from} -> ${to}`))
    expect(drawn.filter((arrow) => !taken.has(arrow))).toStrictEqual([])
    expect(decided.filter(({ before, after }) => after.phase === 'Ready' && after !== before).length).toBeGreaterThan(
      20,
    )
  })
})
