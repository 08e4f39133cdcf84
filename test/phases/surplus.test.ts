import { describe, expect, test } from 'vitest'
import { decide } from '../../src/phases/decide.ts'
import type { World } from '../../src/phases/world.ts'
import { aDatabase, childrenWith, newWorld, readyWorld } from './worlds.ts'

const CRON_JOB = { apiVersion: 'batch/v1', kind: 'CronJob', namespace: 'shop', name: 'orders-backup' }
const surplus: World['surplus'] = [{ reference: CRON_JOB, uid: 'cron-uid' }]
const REMOVE = { type: 'remove', objects: surplus }
const reasonOf = (world: World): string | undefined =>
  decide(world).status.conditions?.find(({ type }) => type === 'Ready')?.reason

describe('what the spec no longer asks for', () => {
  test('is removed before anything is applied: an exporter that goes is what shows that there was monitoring', () => {
    const world = newWorld({
      database: aDatabase({ status: { phase: 'Provisioning', observedGeneration: 1 } }),
      children: childrenWith('StatefulSet', 'update'),
      surplus,
    })
    expect(decide(world).effects).toEqual([REMOVE])
    expect(reasonOf(world)).toBe('Removing')
  })

  test('is named in the status, which says that volumes stay', () => {
    const database = aDatabase({ status: { phase: 'Provisioning', observedGeneration: 1 } })
    const ready = decide(newWorld({ database, surplus })).status.conditions?.find(({ type }) => type === 'Ready')
    expect(ready?.message).toBe('Removing CronJob orders-backup: the spec no longer asks for it. Volumes stay.')
  })

  test('goes from beside a Ready database without a word in the status', () => {
    const ready = readyWorld()
    const { effects, next, status } = decide({ ...ready, surplus })
    expect(effects).toEqual([REMOVE])
    expect(next).toEqual({ type: 'now' })
    expect(status).toEqual(ready.database.status)
  })

  test('stays while the database is paused, and while it is being deleted', () => {
    const ready = readyWorld()
    const { database } = ready
    const paused = { ...database, spec: { ...database.spec, paused: true } }
    const going = { ...database, metadata: { ...database.metadata, deletionTimestamp: ready.now } }
    for (const held of [paused, going]) expect(decide({ ...ready, surplus, database: held }).effects).toEqual([])
  })
})
