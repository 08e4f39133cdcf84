/** Programs that take less time than those of an image, for tests to which they are not the point. */
import { chown, copyFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Account } from './account.ts'

/**
 * Puts them into a new directory, to come first in the `PATH` of `account`: `sleep`, and an `initdb` that copies what it
 * made before.
 *
 * @returns the directory
 */
export async function placeQuickPrograms(directory: string, account: Account): Promise<string> {
  const clusters = join(directory, 'clusters')
  await mkdir(clusters, { recursive: true, mode: 0o755 })
  if (account.uid !== undefined && account.gid !== undefined) await chown(clusters, account.uid, account.gid)
  for (const program of ['sleep', 'initdb'])
    await copyFile(join(import.meta.dirname, `quick-${program}`), join(directory, program))
  return directory
}
