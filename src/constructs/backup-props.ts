import type { Size } from 'cdk8s'
import type { ResourcesProps } from './resources-props.ts'

/** Backups: dumps on a volume of their own, snapshots of the data volume, or both. */
export type BackupProps = BackupTimingProps &
  ((DumpProps & { readonly volumeSnapshot?: VolumeSnapshotProps }) | SnapshotsOnlyProps)

/** What holds for every schedule. */
interface BackupTimingProps {
  /** Time zone of the schedules, by its IANA name. @default 'Etc/UTC' */
  readonly timeZone?: string
  /** No new backups until this is removed. @default false */
  readonly suspend?: boolean
}

/** Dumps by `pg_dump`, made by a CronJob. */
export interface DumpProps {
  /** When a dump is made, as cron writes it: `'30 2 * * *'`, `'@daily'`. */
  readonly schedule: string
  /** The volume that holds the dumps; it outlives the Database. */
  readonly storage: {
    /** Size: `Size.gibibytes(20)`, `'20Gi'`. It can grow, never shrink. */
    readonly size: Size | string
    /** StorageClass. Cannot be changed later. @default the cluster's default class */
    readonly storageClassName?: string
  }
  /** Which dumps are kept; the newest one always is. @default 7 of them */
  readonly retention?:
    | { readonly count: number; readonly days?: number }
    | {
        /** Age at which a dump goes. */
        readonly days: number
        /** Dumps that are kept at most. @default any number */
        readonly count?: number
      }
  /** CPU and memory of the pod that dumps. @default 100m, at most 1 core, and 256Mi */
  readonly resources?: ResourcesProps
}

/** Snapshots without dumps. */
interface SnapshotsOnlyProps {
  readonly volumeSnapshot: VolumeSnapshotProps
  readonly schedule?: never
  readonly storage?: never
  readonly retention?: never
  readonly resources?: never
}

/** Snapshots of the data volume, taken by the controller. @see https://kubernetes.io/docs/concepts/storage/volume-snapshots/ */
export interface VolumeSnapshotProps {
  /** VolumeSnapshotClass that takes them. */
  readonly className: string
  /** When a snapshot is taken, as cron writes it. */
  readonly schedule: string
  /** Usable snapshots that are kept at most. @default 3 */
  readonly retain?: number
}
