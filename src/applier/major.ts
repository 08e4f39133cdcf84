import type { Database } from '../api/database.ts'
import { EXIT } from '../api/exit-code.ts'
import type { KubernetesObject } from '../api/object.ts'
import { parseImage } from '../postgres/image.ts'
import type { Refusal } from './failure.ts'

/**
 * The refusal of another PostgreSQL major for a database that has run: its data directory cannot be used by it. Told
 * before anything is written; without it the old server would be stopped for a new one that refuses to start.
 * @param live the Database as it is; its `status.postgresVersion` is what logged in last
 * @see https://www.postgresql.org/docs/current/upgrading.html
 */
export function majorChange(desired: Database, live: KubernetesObject | undefined): Refusal | undefined {
  const version = (live?.['status'] as { postgresVersion?: string } | undefined)?.postgresVersion
  const running = version?.split('.')[0]
  const { major } = parseImage(desired.spec.image, desired.spec.postgresVersion)
  if (running === undefined || running === major) return undefined
  return {
    conflict: false,
    reason: 'MajorUpgradeRequired',
    message: `the data was made by PostgreSQL ${version}, the image is ${major}: a new major needs dump and restore`,
    remedy: `keep the image at ${running}, or see docs/runbooks/major-upgrade.md`,
    exitCode: EXIT.failed,
    path: ['spec', 'image'],
  }
}
