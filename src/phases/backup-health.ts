import type { Condition } from '../api/status.ts'
import type { Cause } from './outcome.ts'
import type { World } from './world.ts'

/**
 * `status.lastSuccessfulBackup`: the newest that anybody told of. A success is not forgotten because its Job, or the CronJob
 * that remembered it, is gone.
 */
export function lastSuccessfulBackup({ database, backup }: World): string | undefined {
  if (database.spec.backup === undefined) return undefined
  const known = database.status?.lastSuccessfulBackup
  return [known, backup?.lastSuccess]
    .filter((time) => time !== undefined)
    .toSorted()
    .at(-1)
}

/** Condition `BackupHealthy`; `undefined` where no backups are wanted. */
export function backupHealth(world: World): (Cause & { status: Condition['status'] }) | undefined {
  const { backup, snapshots, database } = world
  if (database.spec.backup === undefined) return undefined
  const last = lastSuccessfulBackup(world)
  const since = last === undefined ? 'None has succeeded yet.' : `The last one that succeeded is of ${last}.`
  if (backup?.failure !== undefined) {
    const { job, message } = backup.failure
    return {
      status: 'False',
      reason: 'BackupFailed',
      message: `Job ${job} failed${message === '' ? '' : `: ${message}`}; kubectl logs job/${job} says why. ${since}`,
    }
  }
  if (snapshots?.trouble !== undefined) return { status: 'False', ...snapshots.trouble }
  if (last !== undefined || snapshots?.lastReady !== undefined)
    return { status: 'True', reason: 'BackupSucceeded', message: 'The last backup succeeded.' }
  return { status: 'Unknown', reason: 'NoBackupYet', message: 'No backup has been made yet.' }
}
