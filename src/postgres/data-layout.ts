import type { StorageLayout } from '../api/storage-schema.ts'
import type { PostgresImage } from './image.ts'

/** Where the volume is mounted, and where in it the data lies. */
export interface DataLayout {
  readonly mountPath: string
  /** `PGDATA`, below the mount. */
  readonly dataDirectory: string
}

/** Above the data directory of every major, and never the data directory itself. */
const MOUNT_PATH = '/var/lib/postgresql'

/**
 * The layout of a volume. `legacy` is what tutorials for the official image write: the mount hides the image's own
 * volume, and a directory in it keeps `lost+found` out of the data.
 * @see https://hub.docker.com/_/postgres (PGDATA)
 */
export function dataLayoutOf(
  { dataDirectory }: Pick<PostgresImage, 'dataDirectory'>,
  layout?: StorageLayout,
): DataLayout {
  return layout === 'legacy'
    ? { mountPath: `${MOUNT_PATH}/data`, dataDirectory: `${MOUNT_PATH}/data/pgdata` }
    : { mountPath: MOUNT_PATH, dataDirectory }
}
