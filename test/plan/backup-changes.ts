import type { DatabaseSpecInput } from '../../src/api/spec.ts'
import type { SpecChange } from './impact-cases.ts'

type Backup = NonNullable<DatabaseSpecInput['backup']>

const DUMPS: Backup = { schedule: '30 2 * * *', storage: { size: '20Gi' } }

const backup = (field: string, before: Backup | undefined, after: Backup): SpecChange => ({
  field: `spec.backup.${field}`,
  before: before === undefined ? {} : { backup: before },
  after: { backup: after },
})

const snapshots = { className: 'fast', schedule: '@daily' }

/** A change of every field of `spec.backup`. */
export const BACKUP_CHANGES: readonly SpecChange[] = [
  backup('schedule', undefined, DUMPS),
  backup('schedule', DUMPS, { ...DUMPS, schedule: '@hourly' }),
  backup('timeZone', DUMPS, { ...DUMPS, timeZone: 'Europe/Berlin' }),
  backup('suspend', DUMPS, { ...DUMPS, suspend: true }),
  backup('retention.count', DUMPS, { ...DUMPS, retention: { count: 3 } }),
  backup('retention.days', DUMPS, { ...DUMPS, retention: { days: 30 } }),
  backup('resources.limits.memory', DUMPS, { ...DUMPS, resources: { limits: { memory: '1Gi' } } }),
  backup('storage.size', DUMPS, { ...DUMPS, storage: { size: '40Gi' } }),
  backup('storage.size', DUMPS, { ...DUMPS, storage: { size: '10Gi' } }),
  backup('storage.storageClassName', DUMPS, { ...DUMPS, storage: { size: '20Gi', storageClassName: 'slow' } }),
  backup('storage.storageClassName', undefined, { ...DUMPS, storage: { size: '20Gi', storageClassName: 'slow' } }),
  backup('volumeSnapshot.className', DUMPS, { ...DUMPS, volumeSnapshot: snapshots }),
  backup('volumeSnapshot.schedule', undefined, { volumeSnapshot: snapshots }),
  backup('volumeSnapshot.retain', { volumeSnapshot: snapshots }, { volumeSnapshot: { ...snapshots, retain: 9 } }),
]
