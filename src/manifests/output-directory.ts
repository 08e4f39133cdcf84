import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { filesBelow } from './file-tree.ts'

/**
 * Files of a directory by their relative path, sorted; empty where the directory does not exist. Where a kill left it
 * beside its place, it is read there.
 */
export function readOutput(place: string): Map<string, string> {
  const [, previous] = besides(place)
  const directory = existsSync(place) ? place : previous
  if (!existsSync(directory)) return new Map()
  const files = filesBelow(directory).filter((file) => statSync(file, { throwIfNoEntry: false })?.isFile() === true)
  return new Map(files.map((file) => [relative(directory, file), readFileSync(file, 'utf8')]))
}

const besides = (directory: string): readonly [next: string, previous: string] => [
  `${directory}.next`,
  `${directory}.previous`,
]

/**
 * Puts right what a kill in the middle of `replaceOutput` left: the old directory goes back to its place where there is
 * no new one, everything else beside it goes away.
 */
export function recoverOutput(directory: string): void {
  const [next, previous] = besides(directory)
  if (!existsSync(directory) && existsSync(previous)) renameSync(previous, directory)
  rmSync(next, { recursive: true, force: true })
  rmSync(previous, { recursive: true, force: true })
}

/**
 * Puts files in the place of a directory's whole content. They are written beside it and the two are exchanged by
 * renaming, so that no reader sees half of them and a failure leaves the old ones.
 */
export function replaceOutput(directory: string, files: ReadonlyMap<string, string>): void {
  recoverOutput(directory)
  const [next, previous] = besides(directory)
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
