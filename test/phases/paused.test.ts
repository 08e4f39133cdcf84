import { describe, expect, it } from 'vitest'
import { decide } from '../../src/phases/decide.ts'
import {
  childrenWith,
  condition,
  deployingWorld,
  judgement,
  newWorld,
  readyWorld,
  seenWorld,
  withSpec,
  withStatus,
} from './worlds.ts'

describe('a paused database', () => {
  it('is left alone: nothing is applied, and nothing is claimed', () => {
    const decision = decide(withSpec(seenWorld(), { paused: true }))
    expect(decision).toMatchObject({ effects: [], next: { type: 'paused' } })
    expect(judgement(decision, 'Progressing')).toBe('False Paused')
    expect(judgement(decision, 'Ready')).toBe('Unknown Paused')
    expect(condition(decision, 'Reconciling')).toBeUndefined()
    expect(condition(decision, 'Stalled')).toBeUndefined()
    expect(decision.status.observedGeneration).toBe(2)
  })

  it('stays Ready while it runs as the spec asks', () => {
    const decision = decide(withSpec(readyWorld(), { paused: true }))
    expect(decision.status).toMatchObject({ phase: 'Ready', ready: true })
    expect(decision.next).toStrictEqual({ type: 'paused' })
  })

  it('is not Ready any more when the spec asks for something else', () => {
    const world = withSpec(readyWorld({ children: childrenWith('StatefulSet', 'update') }), { paused: true })
    expect(decide(world).status).toMatchObject({ phase: 'Updating', ready: false })
  })

  it('keeps the phase that it had', () => {
    const world = withSpec(deployingWorld(undefined), { paused: true })
    expect(decide(world).status.phase).toBe(world.database.status?.phase)
    expect(decide(withSpec(newWorld(), { paused: true })).status.phase).toBe('Pending')
  })

  it('goes on where it is when the pause ends, with a login before Ready', () => {
    let world = withSpec(readyWorld(), { paused: true })
    world = withSpec(withStatus(world, decide(world)), { paused: false }, 3)
    expect(decide(world).status.phase).toBe('Updating')
    expect(decide(withStatus(world, decide(world))).status.phase).toBe('Verifying')
  })
})
