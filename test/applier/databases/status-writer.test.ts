import { expect, test } from 'vitest'
import type { Database } from '../../../src/api/database.ts'
import type { Phase } from '../../../src/api/status.ts'
import type { ClusterApi } from '../../../src/applier/cluster/cluster-api.ts'
import type { DatabaseView } from '../../../src/applier/cluster/database-view.ts'
import { StatusWriter } from '../../../src/applier/databases/status-writer.ts'
import type { Decision } from '../../../src/phases/decision.ts'

const database = {
  apiVersion: 'database.example.com/v1',
  kind: 'Database',
  metadata: { name: 'orders', namespace: 'shop', uid: 'u-1' },
} as unknown as Database

const decisionFor = (phase: Phase): Decision => ({
  status: { phase },
  effects: [],
  next: { type: 'now' },
})

test('a status that could not be stored was shown to nobody: the next decision does not go on from it', async () => {
  const written: unknown[] = []
  let isBroken = true
  const api = {
    apply: (object: { status: unknown }) => {
      if (isBroken) return Promise.reject(new Error('503'))
      written.push(object.status)
      return Promise.resolve(object)
    },
  } as unknown as ClusterApi
  const view = { store: () => undefined } as unknown as DatabaseView
  const writer = new StatusWriter(api, view, { storesEveryPhase: true, now: () => 0 })

  await expect(writer.show(database, decisionFor('Pending'))).rejects.toThrow('503')
  expect(writer.shownOn(database).status).toBeUndefined()
  isBroken = false
  await writer.show(database, decisionFor('Pending'))
  expect(written).toEqual([{ phase: 'Pending' }])
})

test('every phase is stored, but no step within one that is left at once', async () => {
  const written: unknown[] = []
  const api = {
    apply: (object: { status: unknown }) => {
      written.push(object.status)
      return Promise.resolve(object)
    },
  } as unknown as ClusterApi
  const view = { store: () => undefined } as unknown as DatabaseView
  const writer = new StatusWriter(api, view, { storesEveryPhase: true, now: () => 0 })
  const steps: readonly Decision[] = [
    decisionFor('Provisioning'),
    { status: { phase: 'Provisioning', secretName: 'orders-credentials' }, effects: [], next: { type: 'now' } },
    decisionFor('Configuring'),
    { status: { phase: 'Configuring', replicas: 1 }, effects: [], next: { type: 'change', withinMs: 5000 } },
  ]
  for (const step of steps) {
    await writer.show(writer.shownOn({ ...database, status: written.at(-1) } as Database), step)
  }
  expect(written).toEqual([{ phase: 'Provisioning' }, { phase: 'Configuring' }, { phase: 'Configuring', replicas: 1 }])
})
