import type { KubernetesObject } from '../api/object.ts'
import { grows, isSameAmount } from './impact-row.ts'
import type { ChangedObjects, ImpactRow } from './impact-row.ts'

const KIND = 'Database.database.example.com'
const CRON_JOB = 'CronJob.batch'
const SIZE = 'spec.backup.storage.size'

/** Whether an object asks for dumps; one that is not at hand may well. */
function hasDumps(object: KubernetesObject | undefined): boolean {
  const spec = object?.['spec'] as { backup?: { storage?: unknown } } | undefined
  return object === undefined || spec?.backup?.storage !== undefined
}

/** The volume was there before and is there after: what must not change about it counts. */
const isSameVolume = ({ before, after }: ChangedObjects): boolean => hasDumps(before) && hasDumps(after)

/** What a change of backups does: never anything to the server. */
export const BACKUP_ROWS: readonly ImpactRow[] = [
  {
    kind: KIND,
    field: SIZE,
    when: (change, objects) => isSameVolume(objects) && !grows(change, objects) && !isSameAmount(change, objects),
    impact: 'refused',
    because: 'a volume can only grow',
  },
  {
    kind: KIND,
    field: 'spec.backup.storage.storageClassName',
    when: (_, objects) => isSameVolume(objects),
    impact: 'refused',
    because: 'a volume stays in its class',
  },
  { kind: KIND, field: 'spec.backup.**', impact: 'none', because: 'it matters to the next backup; the server goes on' },
]

/** What a change of the CronJob that makes dumps does. */
export const BACKUP_CHILD_ROWS: readonly ImpactRow[] = [
  {
    kind: CRON_JOB,
    field: 'metadata.**',
    impact: 'none',
    because: 'labels and annotations of the object itself reach no pod',
  },
  { kind: CRON_JOB, field: 'spec.**', impact: 'none', because: 'it matters to the next backup; the server goes on' },
]
