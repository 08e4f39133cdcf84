import type { CollationMismatch } from '../api/collation-mismatch.ts'

/** The first server that records the version of a database's collation: PostgreSQL 15. */
const RECORDING_SINCE = 150_000

const VERSIONS = `
  SELECT datcollversion AS recorded, pg_database_collation_actual_version(oid) AS actual
  FROM pg_database WHERE datname = current_database()`

/** A session of the application role. */
interface CollationSession {
  query(sql: string): Promise<{ readonly rows: readonly unknown[] }>
}

/**
 * Whether the server sorts by another version of the database's collation than the one that is recorded; `undefined`
 * where it does not, where none is recorded (databases that sort by code point, as ours do), and for PostgreSQL 14,
 * which records none.
 * @param version `server_version_num`
 * @see https://www.postgresql.org/docs/current/sql-altercollation.html#SQL-ALTERCOLLATION-NOTES
 */
export async function collationMismatch(
  session: CollationSession,
  version: number,
): Promise<CollationMismatch | undefined> {
  if (version < RECORDING_SINCE) return undefined
  const [row] = (await session.query(VERSIONS)).rows
  const { recorded, actual } = row as { readonly recorded: string | null; readonly actual: string | null }
  if (recorded === null || recorded === actual) return undefined
  return { recorded, ...(actual === null ? {} : { actual }) }
}
