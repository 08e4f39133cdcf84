import type { Cause } from './outcome.ts'
import type { World } from './world.ts'

/**
 * What is abnormal about the order of text in a database that clients can use: an image with another operating system
 * sorts otherwise than the indexes were built, which then miss rows and let duplicates in. Nothing is done about it: the
 * indexes must be built anew, and only a person knows when that suits.
 */
export function collationTrouble({ verification }: World): Cause | undefined {
  if (verification?.ok !== true || verification.collation === undefined) return undefined
  const { recorded, actual } = verification.collation
  const now = actual === undefined ? 'none now' : `version ${actual} now`
  return {
    reason: 'CollationVersionMismatch',
    message: `The application role logs in. Text was sorted by version ${recorded} of the collation, and is by ${now}: indexes on text may miss rows until they are built anew.`,
  }
}
