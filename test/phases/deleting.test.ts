import { describe, expect, it } from 'vitest'
import { decide } from '../../src/phases/decide.ts'
import { aDatabase, judgement, newWorld, NOW, readyWorld, seenWorld, withSpec } from './worlds.ts'
import type { World } from '../../src/phases/world.ts'

const deleted = (world: World): World => ({
  ...world,
  database: { ...world.database, metadata: { ...world.database.metadata, deletionTimestamp: NOW } },
})

describe('a database that is being deleted', () => {
  it.each([
    ['never seen', newWorld()],
    ['on its way', seenWorld()],
    ['Ready', readyWorld()],
    ['paused', withSpec(readyWorld(), { paused: true })],
  ])('shows Deleting, and nothing is applied or added (%s)', (_, world) => {
    const decision = decide(deleted(world))
    expect(decision).toMatchObject({ status: { phase: 'Deleting', ready: false }, effects: [], next: { type: 'done' } })
    expect(judgement(decision, 'Ready')).toBe('False Deleting')
  })

  it('and was restored from a backup begins again', () => {
    expect(decide(newWorld({ database: aDatabase({ status: { phase: 'Deleting' } }) })).status.phase).toBe('Pending')
  })
})
