import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'

/** Files of a directory by their relative path, sorted; empty where the directory does not exist. */
export function readOutput(directory: string): Map<string, string> {
  if (!existsSync(directory)) return new Map()
  const files = readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted()
  return new Map(files.map((file) => [relative(directory, file), readFileSync(file, 'utf8')]))
}

/**
 * Puts files in the place of a directory's whole content. They are written beside it and the two are exchanged by
 * renaming, so that no reader sees half of them and a failure leaves the old ones.
 */
export function replaceOutput(directory: string, files: ReadonlyMap<string, string>): void {
  const [next, previous] = [`${directory}.next`, `${directory}.previous`]
  if (!existsSync(directory) && existsSync(previous)) renameSync(previous, directory)
  rmSync(next, { recursive: true, force: true })
  rmSync(previous, { recursive: true, force: true })
  mkdirSync(next, { recursive: true })
  for (const [name, text] of files) {
    const file = join(next, name)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
  }
  if (existsSync(directory)) renameSync(directory, previous)
  renameSync(next, directory)
  rmSync(previous, { recursive: true, force: true })
}
