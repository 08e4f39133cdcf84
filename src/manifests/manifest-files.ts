import { isUtf8 } from 'node:buffer'
import { readFileSync, statSync } from 'node:fs'
import type { Stats } from 'node:fs'
import { InputError } from '../api/input-error.ts'
import { filesBelow } from './file-tree.ts'

/** Largest input that is read, in bytes: more than any manifest needs, less than would fill the memory. */
const MAXIMUM_BYTES = 64 * 1024 * 1024

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

/**
 * What a file holds, in UTF-8.
 * @param standardInput reads it, for `-`
 * @throws InputError where it cannot be read, is larger than 64 MiB, or is not UTF-8
 */
export function manifestBytes(file: string, standardInput: () => string): Buffer {
  if (file === '-') return bounded(file, Buffer.from(standardInput()))
  if ((statsOf(file)?.size ?? 0) > MAXIMUM_BYTES) throw tooLarge(file)
  const bytes = bytesOf(file)
  if (!isUtf8(bytes)) throw new InputError(`${file} is not UTF-8`, { where: file, remedy: 'save it as UTF-8' })
  return bytes
}

/** Its text, without a mark of byte order. */
export function textOf(bytes: Buffer): string {
  return bytes.toString('utf8').replace(/^\uFEFF/, '')
}

function bytesOf(file: string): Buffer {
  try {
    return readFileSync(file)
  } catch (cause) {
    throw unreadable(file, cause)
  }
}

function bounded(file: string, bytes: Buffer): Buffer {
  if (bytes.length > MAXIMUM_BYTES) throw tooLarge(file)
  return bytes
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

function tooLarge(file: string): InputError {
  return new InputError(`${file} is larger than 64 MiB`, { where: file, remedy: 'split it' })
}

function unreadable(path: string, cause: unknown): InputError {
  const code = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : ''
  return new InputError(`${path} cannot be read${code}`, {
    where: path,
    remedy: 'check its permissions and links',
    cause,
  })
}
