import { statSync } from 'node:fs'
import type { Stats } from 'node:fs'
import { InputError } from '../api/input-error.ts'
import { filesBelow } from './file-tree.ts'
import { unreadable } from './unreadable.ts'

const IS_MANIFEST = /\.(ya?ml|json)$/

/**
 * The files that a path means: itself, or every `.yaml`, `.yml` and `.json` below it in the order of their names. Links
 * to files are followed, links to directories are not, as kubectl does; so nothing is read twice or for ever.
 * @param path file, directory, or `-` for standard input
 * @throws InputError where the path does not exist, cannot be read, or names something that is no file
 */
export function manifestFiles(path: string): string[] {
  if (path === '-') return [path]
  const stats = statsOf(path)
  if (stats === undefined) {
    const remedy = path === 'dist' ? 'write it first: npm run synth' : 'check the path given with -f'
    throw new InputError(`${path} does not exist`, { where: path, remedy })
  }
  if (!stats.isDirectory()) return [regularFile(path, stats)]
  return entriesOf(path)
    .filter((file) => IS_MANIFEST.test(file))
    .map((file) => ({ file, stats: statsOf(file) }))
    .filter((entry) => entry.stats?.isDirectory() !== true)
    .map((entry) => regularFile(entry.file, entry.stats))
}

function regularFile(file: string, stats: Stats | undefined): string {
  if (stats?.isFile() === true) return file
  const what = stats === undefined ? 'is a link to nothing' : 'is neither a file nor a directory'
  throw new InputError(`${file} ${what}`, { where: file, remedy: 'name a file, or pipe manifests in with -f -' })
}

function entriesOf(directory: string): string[] {
  try {
    return filesBelow(directory)
  } catch (cause) {
    throw unreadable(directory, cause)
  }
}

function statsOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false })
  } catch (cause) {
    throw unreadable(path, cause)
  }
}
