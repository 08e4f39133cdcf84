import * as z from 'zod'
import { amountRules } from './amount-rules.ts'
import { cronRules } from './cron-rules.ts'
import { matches, objectName } from './pattern-rule.ts'
import { parseQuantity } from './quantity.ts'
import { resourcesSchema } from './resources-schema.ts'
import { withRules } from './rule.ts'
import type { TransitionRule } from './rule.ts'

/** Dumps that are kept where the spec does not say. */
export const DEFAULT_DUMPS = 7

const schedule = (name: string, meaning: string): z.ZodString =>
  withRules(z.string().min(1).max(100).describe(meaning), cronRules(name))

const size = withRules(
  z
    .string()
    .min(1)
    .max(32)
    .describe('Size of the volume for dumps, as a Kubernetes quantity. It can grow, never shrink.'),
  amountRules('backup.storage.size', { minimum: '64Mi', maximum: '1Pi', example: '20Gi' }),
  [
    {
      cel: '!isQuantity(self) || !isQuantity(oldSelf) || quantity(self).compareTo(quantity(oldSelf)) >= 0',
      message: 'backup.storage.size cannot shrink: a volume can only grow',
      holds: (value, old) => (parseQuantity(value) ?? 0n) >= (parseQuantity(old) ?? 0n),
    },
  ],
)

interface Storage {
  storageClassName?: string | undefined
}

const storageClassStays: TransitionRule<Storage> = {
  cel: 'has(self.storageClassName) == has(oldSelf.storageClassName) && (!has(self.storageClassName) || self.storageClassName == oldSelf.storageClassName)',
  message: 'backup.storage.storageClassName cannot be changed: a volume stays in its class',
  holds: (value, old) => value.storageClassName === old.storageClassName,
}

const storage = withRules(
  z
    .strictObject({
      size,
      storageClassName: objectName(
        'backup.storage.storageClassName',
        'StorageClass',
        "StorageClass of the volume for dumps. Default: the cluster's default class. Cannot be changed.",
      ).optional(),
    })
    .describe('The volume that holds the dumps. It outlives the Database, as the data does.'),
  [],
  [storageClassStays],
)

const retention = withRules(
  z
    .strictObject({
      count: z
        .int32()
        .min(1, 'backup.retention.count must be at least 1')
        .max(1000)
        .optional()
        .describe('Dumps that are kept at most.'),
      days: z
        .int32()
        .min(1, 'backup.retention.days must be at least 1')
        .max(3650)
        .optional()
        .describe('Age at which a dump goes, in days.'),
    })
    .describe(`Which dumps are kept. The newest one always is. Default: ${DEFAULT_DUMPS} of them.`),
  [
    {
      cel: 'has(self.count) || has(self.days)',
      message: 'backup.retention must name count, days or both',
      holds: ({ count, days }: { count?: number | undefined; days?: number | undefined }) =>
        count !== undefined || days !== undefined,
    },
  ],
)

const volumeSnapshot = z
  .strictObject({
    className: objectName(
      'backup.volumeSnapshot.className',
      'VolumeSnapshotClass',
      'VolumeSnapshotClass that takes them; of the same driver as the volume.',
    ),
    schedule: schedule('backup.volumeSnapshot.schedule', 'When a snapshot is taken, as cron writes it.'),
    retain: z
      .int32()
      .min(1, 'backup.volumeSnapshot.retain must be at least 1')
      .max(200)
      .optional()
      .describe('Snapshots that are usable and kept at most. Default: 3.'),
  })
  .describe('Snapshots of the data volume, taken by the controller. Without one running nobody takes them.')

interface Backup {
  schedule?: string | undefined
  storage?: unknown
  retention?: unknown
  resources?: unknown
  volumeSnapshot?: unknown
}

/** Schema of `spec.backup`. */
export const backupSchema = withRules(
  z
    .strictObject({
      schedule: schedule(
        'backup.schedule',
        'When a dump is made, as cron writes it: `30 2 * * *`, `@daily`.',
      ).optional(),
      timeZone: withRules(
        z.string().min(1).max(64).describe('Time zone of every schedule here, by its IANA name. Default: `Etc/UTC`.'),
        [
          matches(
            '^[A-Z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*$',
            'backup.timeZone must be the name of a time zone, for example Europe/Berlin',
          ),
          {
            cel: "self != 'Local'",
            message: 'backup.timeZone must not be Local: name the zone, for example Europe/Berlin',
            holds: (zone) => zone !== 'Local',
          },
        ],
      ).optional(),
      suspend: z.boolean().optional().describe('No new backups until this is removed; those that exist stay.'),
      storage: storage.optional(),
      retention: retention.optional(),
      resources: resourcesSchema
        .describe('CPU and memory of the pod that dumps. Default: 100m, at most 1 core, and 256Mi.')
        .optional(),
      volumeSnapshot: volumeSnapshot.optional(),
    })
    .describe('Backups: dumps on a volume of their own, snapshots of the data volume, or both. Default: none.'),
  [
    {
      cel: 'has(self.schedule) == has(self.storage)',
      message: 'backup must name schedule and storage together: when a dump is made, and where it is put',
      holds: (value: Backup) => (value.schedule === undefined) === (value.storage === undefined),
    },
    {
      cel: 'has(self.schedule) || has(self.volumeSnapshot)',
      message: 'backup must name schedule and storage for dumps, or volumeSnapshot, or all of them',
      holds: (value: Backup) => value.schedule !== undefined || value.volumeSnapshot !== undefined,
    },
    {
      cel: 'has(self.schedule) || (!has(self.retention) && !has(self.resources))',
      message: 'backup.retention and backup.resources are about dumps: name schedule and storage too',
      holds: (value: Backup) =>
        value.schedule !== undefined || (value.retention === undefined && value.resources === undefined),
    },
  ],
)
