import { describe, expect, test } from 'vitest'
import type { Database } from '../../src/api/database.ts'
import type { KubernetesObject, ObjectReference } from '../../src/api/object.ts'
import type { ClusterApi } from '../../src/applier/cluster/cluster-api.ts'
import { keepSnapshots } from '../../src/controller/volume-snapshots.ts'
import type { KeptSnapshots } from '../../src/controller/volume-snapshots.ts'
import { aDatabase } from '../phases/worlds.ts'

const HOUR_MS = 3_600_000

/** What of an API server and of a snapshot controller matters here. */
class Snapshots {
  readonly objects = new Map<string, KubernetesObject>()
  now = Date.parse('2026-11-29T12:00:00Z')
  writes = 0
  readonly api = {
    list: async () => [...this.objects.values()],
    apply: async (object: KubernetesObject) => {
      this.writes += 1
      const { metadata } = object
      const stored = {
        ...object,
        metadata: { ...metadata, uid: `uid of ${metadata.name}`, creationTimestamp: this.#timestamp() },
      }
      this.objects.set(metadata.name, stored)
      return stored
    },
    delete: async ({ name }: ObjectReference, uid: string) => {
      this.writes += 1
      expect(uid).toBe(`uid of ${name}`)
      this.objects.delete(name)
    },
  } as unknown as ClusterApi

  keep(database: Database): Promise<KeptSnapshots> {
    return keepSnapshots(this.api, database, this.now)
  }

  /** The snapshot controller comes by. */
  settle(status: object = { readyToUse: true }): void {
    for (const [name, object] of this.objects) {
      if (object['status'] === undefined)
        this.objects.set(name, { ...object, status: { creationTime: object.metadata.creationTimestamp, ...status } })
    }
  }

  #timestamp(): string {
    return new Date(this.now).toISOString().replace(/\.\d+Z/, 'Z')
  }
}

const database = (backup: object = {}): Database =>
  aDatabase({
    spec: {
      backup: { volumeSnapshot: { className: 'fast', schedule: '0 */6 * * *', retain: 2 }, ...backup },
    },
  })

describe('snapshots of a volume', () => {
  test('are taken when they are due, once, and named after the moment', async () => {
    const snapshots = new Snapshots()
    const first = await snapshots.keep(database())
    expect([...snapshots.objects.values()]).toMatchObject([
      {
        metadata: {
          name: 'orders-20261129t120000z',
          namespace: 'shop',
          labels: { 'app.kubernetes.io/instance': 'orders' },
        },
        spec: { volumeSnapshotClassName: 'fast', source: { persistentVolumeClaimName: 'data-orders-0' } },
      },
    ])
    expect([...snapshots.objects.values()][0]?.metadata.ownerReferences).toBeUndefined()
    expect(first).toEqual({ observation: {}, nextMs: 30_000 })
    snapshots.settle()
    expect(await snapshots.keep(database())).toEqual({
      observation: { lastReady: '2026-11-29T12:00:00Z' },
      nextMs: HOUR_MS,
    })
    expect(snapshots.writes).toBe(1)
  })

  test('that are too many go, and the newest usable one never does', async () => {
    const snapshots = new Snapshots()
    for (let day = 0; day < 4; day += 1) {
      await snapshots.keep(database())
      snapshots.settle()
      snapshots.now += 6 * HOUR_MS
    }
    await snapshots.keep(database())
    expect([...snapshots.objects.keys()]).toEqual([
      'orders-20261130t000000z',
      'orders-20261130t060000z',
      'orders-20261130t120000z',
    ])
    // From now on none becomes usable.
    for (let day = 0; day < 4; day += 1) {
      snapshots.now += 6 * HOUR_MS
      await snapshots.keep(database())
    }
    expect([...snapshots.objects.keys()]).toEqual(expect.arrayContaining(['orders-20261130t060000z']))
  })

  test('that fail are told of, and not tried again before the next is due', async () => {
    const snapshots = new Snapshots()
    await snapshots.keep(database())
    snapshots.settle({ readyToUse: false, error: { message: 'volumesnapshotclass "fast" not found' } })
    snapshots.now += 2 * HOUR_MS
    expect(await snapshots.keep(database())).toEqual({
      observation: {
        trouble: {
          reason: 'SnapshotFailed',
          message: 'VolumeSnapshot orders-20261129t120000z failed: volumesnapshotclass "fast" not found.',
        },
      },
      nextMs: HOUR_MS,
    })
    expect(snapshots.writes).toBe(1)
  })

  test('are not taken while backups are suspended', async () => {
    const snapshots = new Snapshots()
    await snapshots.keep(database({ suspend: true }))
    expect(snapshots.writes).toBe(0)
  })

  test('need a time zone that is known', async () => {
    const kept = await new Snapshots().keep(database({ timeZone: 'Europe/Nowhere' }))
    expect(kept.observation.trouble?.reason).toBe('TimeZoneUnknown')
  })
})
