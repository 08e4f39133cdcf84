import { describe, expect, test } from 'vitest'
import type { Database } from '../../../src/api/database.ts'
import type { KubernetesObject } from '../../../src/api/object.ts'
import { observeBackup } from '../../../src/applier/databases/backup-observation.ts'
import { ownedBy } from '../../../src/applier/set/owner.ts'
import { aDatabase } from '../../phases/worlds.ts'

const DUMPING: Database = aDatabase({ spec: { backup: { schedule: '@daily', storage: { size: '1Gi' } } } })
const cronJob = (lastSuccessfulTime?: string): KubernetesObject => ({
  apiVersion: 'batch/v1',
  kind: 'CronJob',
  metadata: { name: 'orders-backup' },
  status: { lastSuccessfulTime },
})
const job = (name: string, type: string, at: string, completionTime?: string): KubernetesObject => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name },
  status: {
    ...(completionTime === undefined ? {} : { completionTime }),
    conditions: [
      { type, status: 'True', lastTransitionTime: at, message: 'Job has reached the specified backoff limit' },
    ],
  },
})
const [MONDAY, TUESDAY, WEDNESDAY] = ['2026-11-23T02:30:00Z', '2026-11-24T02:30:00Z', '2026-11-25T02:30:00Z']

describe('what is known of dumps', () => {
  test('is nothing where none are wanted', () => {
    expect(observeBackup(aDatabase(), cronJob(MONDAY), [])).toBeUndefined()
  })

  test('is nothing yet before the first', () => {
    expect(observeBackup(DUMPING, undefined, [])).toEqual({})
    expect(observeBackup(DUMPING, cronJob(), [job('running', 'Suspended', MONDAY)])).toEqual({})
  })

  test('comes from the CronJob where the Jobs are gone, and from the Jobs where the CronJob is another one', () => {
    expect(observeBackup(DUMPING, cronJob(MONDAY), [])).toEqual({ lastSuccess: MONDAY })
    expect(observeBackup(DUMPING, cronJob(), [job('by-hand', 'Complete', WEDNESDAY, TUESDAY)])).toEqual({
      lastSuccess: TUESDAY,
    })
  })

  test('is a failure until one succeeds after it', () => {
    const failed = job('tuesday', 'Failed', TUESDAY)
    expect(observeBackup(DUMPING, cronJob(MONDAY), [failed, job('older', 'Failed', MONDAY)])).toEqual({
      lastSuccess: MONDAY,
      failure: { job: 'tuesday', at: TUESDAY, message: 'Job has reached the specified backoff limit' },
    })
    expect(observeBackup(DUMPING, cronJob(WEDNESDAY), [failed])).toEqual({ lastSuccess: WEDNESDAY })
  })
})

test('the claim of the dumps has no owner, so that it outlives the Database', () => {
  const child = (kind: string): KubernetesObject => ({ apiVersion: 'v1', kind, metadata: { name: 'orders-backup' } })
  expect(ownedBy(child('PersistentVolumeClaim'), 'orders', 'uid').metadata.ownerReferences).toBeUndefined()
  expect(ownedBy(child('CronJob'), 'orders', 'uid').metadata.ownerReferences).toHaveLength(1)
})
