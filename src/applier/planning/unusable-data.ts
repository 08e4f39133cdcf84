import type { Database } from '../../api/database.ts'
import { EXIT } from '../../api/exit-code.ts'
import { variantOfTag } from '../../api/image-reference.ts'
import type { KubernetesObject } from '../../api/object.ts'
import { parseImage } from '../../postgres/image.ts'
import type { Refusal } from './failure.ts'

/**
 * The refusal of an image that cannot use the data of a database that has run: another PostgreSQL major, or another
 * operating system family, whose user and whose order of text are different. Told before anything is written; without
 * it the old server would be stopped for a new one that refuses to start.
 * @param live the Database as it is; its `status.postgresVersion` is what logged in last
 * @see https://www.postgresql.org/docs/current/upgrading.html
 * @see https://wiki.postgresql.org/wiki/Locale_data_changes
 */
export function unusableData(desired: Database, live: KubernetesObject | undefined): Refusal | undefined {
  const version = (live?.['status'] as { postgresVersion?: string } | undefined)?.postgresVersion
  const running = version?.split('.')[0]
  if (running === undefined) return undefined
  const image = parseImage(desired.spec.image, desired.spec.postgresVersion)
  if (running !== image.major) {
    return refusal(
      'MajorUpgradeRequired',
      `the data was made by PostgreSQL ${version}, the image is ${image.major}: a new major needs dump and restore`,
      `keep the image at ${running}, or see docs/runbooks/major-upgrade.md`,
    )
  }
  const before = (live?.['spec'] as { image?: string } | undefined)?.image
  const variant = before === undefined ? image.variant : variantOfTag(before)
  if (variant === image.variant) return undefined
  return refusal(
    'IncompatibleDataDirectory',
    `the data was made by the ${variant} image, ${desired.spec.image} is ${image.variant}: its user and its order of text are others`,
    `keep an image of the ${variant} family, or dump and restore: docs/runbooks/major-upgrade.md`,
  )
}

function refusal(reason: string, message: string, remedy: string): Refusal {
  return { conflict: false, reason, message, remedy, exitCode: EXIT.failed, path: ['spec', 'image'] }
}
