const MEBIBYTE = 2 ** 20
const GIBIBYTE = 2 ** 30

/** A number of bytes as PostgreSQL writes it: whole mebibytes. */
const megabytes = (bytes: number): string => `${Math.floor(bytes / MEBIBYTE)}MB`

const clamp = (value: number, minimum: number, maximum: number): number => Math.min(Math.max(value, minimum), maximum)

/**
 * Memory settings from the container's memory limit.
 * - `shared_buffers` a quarter; `effective_cache_size` three quarters, because the page cache counts against the limit.
 * - `maintenance_work_mem` a sixteenth, at most 1 GiB: three autovacuum workers may each take as much.
 * @param limitBytes memory limit in bytes; `undefined` gives what fits everywhere
 * @see https://www.postgresql.org/docs/current/runtime-config-resource.html
 */
export function memoryParameters(limitBytes: number | undefined): Readonly<Record<string, string>> {
  if (limitBytes === undefined) {
    return { shared_buffers: '128MB', effective_cache_size: '512MB', maintenance_work_mem: '64MB' }
  }
  return {
    shared_buffers: megabytes(Math.max(limitBytes / 4, 16 * MEBIBYTE)),
    effective_cache_size: megabytes(Math.max((limitBytes / 4) * 3, 32 * MEBIBYTE)),
    maintenance_work_mem: megabytes(clamp(limitBytes / 16, 8 * MEBIBYTE, GIBIBYTE)),
  }
}

/**
 * Settings of the write-ahead log from the size of the volume.
 * - `max_wal_size` a tenth: at least four segments, and at most 4 GiB, which is about a minute of crash recovery.
 * - `min_wal_size` a quarter of that, at least the two segments that the server insists on.
 * - `max_slot_wal_keep_size` a quarter of the volume: a forgotten replication slot must not fill it.
 * @param storageBytes size of the volume in bytes
 * @see https://www.postgresql.org/docs/current/runtime-config-wal.html
 */
export function volumeParameters(storageBytes: number): Readonly<Record<string, string>> {
  const largest = clamp(storageBytes / 10, 64 * MEBIBYTE, 4 * GIBIBYTE)
  return {
    max_wal_size: megabytes(largest),
    min_wal_size: megabytes(clamp(largest / 4, 32 * MEBIBYTE, GIBIBYTE)),
    max_slot_wal_keep_size: megabytes(Math.max(storageBytes / 4, 64 * MEBIBYTE)),
  }
}
