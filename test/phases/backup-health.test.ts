import { describe, expect, test } from 'vitest'
import { backupHealth, lastSuccessfulBackup } from '../../src/phases/backup-health.ts'
import type { BackupObservation, World } from '../../src/phases/world.ts'
import { aDatabase, newWorld } from './worlds.ts'

const BACKUP = { schedule: '@daily', storage: { size: '1Gi' } }
const [EARLY, LATE] = ['2026-11-20T02:30:00Z', '2026-11-21T02:30:00Z']
const world = (backup: BackupObservation | undefined, known?: string): World =>
  newWorld({
    database: aDatabase({
      spec: { backup: BACKUP },
      ...(known === undefined ? {} : { status: { lastSuccessfulBackup: known } }),
    }),
    backup,
  })

describe('condition BackupHealthy', () => {
  test('is not there where no backups are wanted', () => {
    expect(backupHealth(newWorld({}))).toBeUndefined()
  })

  test.each([
    ['before the first', {}, { status: 'Unknown', reason: 'NoBackupYet' }],
    ['after a success', { lastSuccess: EARLY }, { status: 'True', reason: 'BackupSucceeded' }],
    [
      'after a failure',
      { lastSuccess: EARLY, failure: { job: 'orders-backup-1', at: LATE, message: 'Deadline' } },
      {
        status: 'False',
        reason: 'BackupFailed',
        message: `Job orders-backup-1 failed: Deadline; kubectl logs job/orders-backup-1 says why. The last one that succeeded is of ${EARLY}.`,
      },
    ],
  ] as const)('says how it is %s', (_when, backup, expected) => {
    expect(backupHealth(world(backup))).toMatchObject(expected)
  })
})

describe('the last backup that succeeded', () => {
  test('is the newest that anybody told of', () => {
    expect(lastSuccessfulBackup(world({ lastSuccess: LATE }, EARLY))).toBe(LATE)
  })

  test('is not forgotten with the CronJob that remembered it', () => {
    expect(lastSuccessfulBackup(world({}, EARLY))).toBe(EARLY)
  })
})
