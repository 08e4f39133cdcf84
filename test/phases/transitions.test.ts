import { describe, expect, it } from 'vitest'
import { decide } from '../../src/phases/decide.ts'
import { transitions } from '../../src/phases/transitions.ts'
import { newWorld, readyWorld, seenWorld } from './worlds.ts'

describe('a transition', () => {
  it('names both phases and the reason', () => {
    const world = seenWorld()
    expect(transitions(world.database.status, decide(world).status)).toStrictEqual([
      {
        from: 'Pending',
        to: 'Provisioning',
        reason: 'CreatingCredentials',
        message: 'Creating Secret orders-credentials.',
      },
    ])
  })

  it('has no beginning for a resource that was never seen', () => {
    expect(transitions(undefined, decide(newWorld()).status)).toMatchObject([{ from: undefined, to: 'Pending' }])
  })

  it('is none while the phase stays', () => {
    const world = readyWorld()
    expect(transitions(world.database.status, decide(world).status)).toStrictEqual([])
  })
})
