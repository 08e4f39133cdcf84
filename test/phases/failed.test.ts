import { describe, expect, it } from 'vitest'
import { backOffMs } from '../../src/phases/back-off.ts'
import { decide } from '../../src/phases/decide.ts'
import type { FailureObservation, World } from '../../src/phases/world.ts'
import {
  childrenWith,
  children,
  condition,
  judgement,
  NOW,
  readyWorld,
  runningWorld,
  secondsAfter,
  seenWorld,
  withSpec,
  withStatus,
} from './worlds.ts'

const failure = (change: Partial<FailureObservation> = {}): FailureObservation => ({
  class: 'transient',
  reason: 'ServiceUnavailable',
  message: 'the API server is busy',
  generation: 1,
  at: NOW,
  ...change,
})

/** A failed attempt, its status written, and the moment at which the next one is due. */
function failAgain(world: World, change: Partial<FailureObservation>): { world: World; delaySeconds: number } {
  const failing = { ...world, failure: failure({ ...change, at: world.now }) }
  const decision = decide(failing)
  const delaySeconds = decision.next.type === 'after' ? decision.next.delayMs / 1000 : Number.NaN
  const written = withStatus(failing, decision)
  return { world: { ...written, now: secondsAfter(world.now, delaySeconds), failure: undefined }, delaySeconds }
}

describe('back-off', () => {
  it('doubles and is capped, however often it failed', () => {
    expect([1, 2, 3, 7, 8, 1000].map((failures) => backOffMs(5000, failures))).toStrictEqual([
      5000, 10_000, 20_000, 300_000, 300_000, 300_000,
    ])
  })
})

describe('a failure that is known to pass', () => {
  it('leaves the phase where it is and says why nothing moves', () => {
    const decision = decide(seenWorld({ failure: failure() }))
    expect(decision.status).toMatchObject({ phase: 'Provisioning', retries: 1, nextRetryTime: secondsAfter(NOW, 5) })
    expect(judgement(decision, 'Ready')).toBe('False ServiceUnavailable')
    expect(judgement(decision, 'Failed')).toBe('False NoFailure')
    expect(judgement(decision, 'Reconciling')).toBe('True ServiceUnavailable')
    expect(decision).toMatchObject({ effects: [], next: { type: 'after', delayMs: 5000 } })
  })

  it('is followed by longer and longer pauses', () => {
    let world = seenWorld()
    const delays: number[] = []
    for (let attempt = 0; attempt < 8; attempt += 1) {
      const failed = failAgain(world, {})
      delays.push(failed.delaySeconds)
      world = failed.world
      const due = decide(world)
      expect(due.effects).toStrictEqual([{ type: 'create-credentials' }])
      world = withStatus(world, due)
    }
    expect(delays).toStrictEqual([5, 10, 20, 40, 80, 160, 300, 300])
  })

  it('is counted once, however often it is seen', () => {
    let world = seenWorld({ failure: failure() })
    world = withStatus(world, decide(world))
    expect(decide({ ...world, now: secondsAfter(NOW, 2) })).toStrictEqual({
      status: world.database.status,
      effects: [],
      next: { type: 'after', delayMs: 3000, reason: 'BackOff' },
    })
  })

  it('is forgotten when the phase in which it happened is over', () => {
    const { world } = failAgain(seenWorld(), {})
    const done = runningWorld().credentials
    const next = decide({
      ...withStatus(world, decide(world)),
      credentials: done,
      children: childrenWith('Service', 'create'),
    })
    expect(next.status.phase).toBe('Configuring')
    expect(next.status).not.toHaveProperty('retries')
  })

  it('is forgotten with a new spec', () => {
    const { world } = failAgain(seenWorld(), {})
    const decision = decide(withSpec({ ...world, now: NOW }, { image: 'postgres:16.5' }))
    expect(decision.effects).toStrictEqual([{ type: 'create-credentials' }])
    expect(decision.status).not.toHaveProperty('retries')
  })

  it('of an older spec is not held against the new one', () => {
    const world = withSpec(seenWorld({ failure: failure({ class: 'permanent' }) }), { image: 'postgres:16.5' })
    expect(decide(world).effects).toStrictEqual([{ type: 'create-credentials' }])
  })

  it('that left nothing undone is no failure', () => {
    const world = readyWorld()
    expect(decide({ ...world, failure: failure({ at: world.now }) })).toMatchObject({
      status: world.database.status,
      effects: [],
    })
  })

  it('while drift is corrected is not hidden behind Ready', () => {
    const world = readyWorld({ children: childrenWith('Service', 'update') })
    const decision = decide({ ...world, failure: failure({ at: world.now }) })
    expect(decision.status).toMatchObject({ phase: 'Updating', ready: false, retries: 1 })
  })

  it('does not hide meanwhile what the pods do', () => {
    const { world } = failAgain(runningWorld({ children: childrenWith('Service', 'create') }), {})
    const decision = decide({ ...world, now: NOW, children: children('unchanged'), statefulSet: undefined })
    expect(decision.status).toMatchObject({ phase: 'Deploying', retries: 1, nextRetryTime: secondsAfter(NOW, 5) })
  })
})

describe('a failure of an unknown kind', () => {
  it('is shown as Failed and tried again after a minute, then less and less often', () => {
    let world = seenWorld()
    const delays: number[] = []
    for (let attempt = 0; attempt < 4; attempt += 1) {
      const failed = failAgain(world, { class: 'unknown', reason: 'Unexpected' })
      delays.push(failed.delaySeconds)
      world = failed.world
      expect(world.database.status?.phase).toBe('Failed')
      expect(judgement(world.database.status ?? {}, 'Failed')).toBe('True Unexpected')
      expect(condition(world.database.status ?? {}, 'Stalled')).toBeUndefined()
      world = withStatus(world, decide(world))
      expect(world.database.status?.phase).toBe('Provisioning')
    }
    expect(delays).toStrictEqual([60, 120, 240, 300])
  })
})

describe('a failure that only a person can end', () => {
  const forbidden = failure({ class: 'permanent', reason: 'Forbidden', message: 'may not create secrets' })

  it('stalls until the spec changes, whatever time passes', () => {
    let world = seenWorld({ failure: forbidden })
    const decision = decide(world)
    expect(decision.status).toMatchObject({ phase: 'Failed', retries: 1 })
    expect(judgement(decision, 'Stalled')).toBe('True Forbidden')
    expect(decision.next).toStrictEqual({ type: 'stalled', reason: 'Forbidden' })
    world = { ...withStatus(world, decision), now: secondsAfter(NOW, 86_400) }
    for (const seen of [world, { ...world, failure: undefined }]) {
      expect(decide(seen)).toStrictEqual({ status: world.database.status, effects: [], next: decision.next })
    }
    expect(decide(withSpec(world, { image: 'postgres:16.5' })).effects).toStrictEqual([{ type: 'create-credentials' }])
  })

  it('is tried again when a person asks for it', () => {
    let world = seenWorld({ failure: forbidden })
    world = { ...withStatus(world, decide(world)), failure: undefined, retryRequested: true }
    const decision = decide(world)
    expect(decision.effects).toStrictEqual([{ type: 'create-credentials' }])
    expect(decide({ ...withStatus(world, decision), retryRequested: false }).effects).toHaveLength(1)
  })
})

describe('a pause that another clock announced', () => {
  it('is not waited for when no pause can be that long, and the next failure sets it right', () => {
    let world = seenWorld({ now: secondsAfter(NOW, 86_400), failure: failure({ at: secondsAfter(NOW, 86_400) }) })
    world = { ...withStatus(world, decide(world)), now: NOW, failure: undefined }
    expect(decide(world).effects).toStrictEqual([{ type: 'create-credentials' }])
    expect(decide({ ...world, failure: failure() }).status.nextRetryTime).toBe(secondsAfter(NOW, 10))
  })
})

describe('a person who runs it again', () => {
  it('does not wait for the pause of an earlier run', () => {
    const { world } = failAgain(seenWorld(), { class: 'unknown' })
    expect(decide({ ...world, now: NOW }).effects).toStrictEqual([])
    expect(decide({ ...world, now: NOW, retryRequested: true }).effects).toStrictEqual([{ type: 'create-credentials' }])
  })

  it('does not wait for it in the passes that follow either, when the first one only looked', () => {
    const { world } = failAgain(seenWorld(), { class: 'unknown' })
    const asked = { ...world, now: NOW, retryRequested: true }
    expect(decide({ ...withStatus(asked, decide(asked)), retryRequested: false }).effects).toStrictEqual([
      { type: 'create-credentials' },
    ])
  })
})
