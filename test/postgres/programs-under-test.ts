import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { POSTGRES_MAJORS } from '../../src/api/image-reference.ts'
import type { PostgresMajor } from '../../src/api/image-reference.ts'
import { programDirectory } from './installation.ts'

/** Majors whose programs this machine has. `npm ci` brings 14 and 18. */
export const MAJORS: readonly PostgresMajor[] = POSTGRES_MAJORS.filter((major) => programDirectory(major) !== undefined)

/** The one to use where a test is not about majors. */
export const ANY_MAJOR: PostgresMajor = MAJORS.at(-1) ?? '18'

/** Another one, for upgrades and mix-ups. */
export const OTHER_MAJOR: PostgresMajor = MAJORS.find((major) => major !== ANY_MAJOR) ?? '14'

/**
 * A major whose programs can be cloned with: what npm brings has no `pg_basebackup`. `undefined` where this machine has
 * none.
 */
export const REPLICATION_MAJOR: PostgresMajor | undefined = MAJORS.findLast((major) =>
  ['psql', 'pg_basebackup', 'pg_controldata'].every((program) =>
    existsSync(join(programDirectory(major) ?? '', program)),
  ),
)
if (REPLICATION_MAJOR === undefined) {
  process.stdout.write('no psql, pg_basebackup and pg_controldata on this machine: standbys are not tested\n')
}
