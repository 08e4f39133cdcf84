import { readdirSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Everything below a directory that is not a directory, sorted by path. Links are listed, never followed: Node's own
 * recursive listing walks in circles where a link leads back up.
 */
export function filesBelow(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true })
    .flatMap((entry) => {
      const path = join(directory, entry.name)
      return entry.isDirectory() ? filesBelow(path) : [path]
    })
    .toSorted()
}
