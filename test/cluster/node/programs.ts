/** The PostgreSQL server programs that stand for an image: installed ones first, then those that npm brought. */
import { execFile } from 'node:child_process'
import { cp, mkdir, readFile, readdir, rename, stat, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { delimiter, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { canReach } from './account.ts'
import type { Account } from './account.ts'

/** Programs of one major. */
export interface Programs {
  readonly major: number
  /** What `postgres --version` says, for instance `18.4`. */
  readonly version: string
  /** Directory with `postgres`, `initdb` and perhaps more. */
  readonly directory: string
  readonly hasPgIsReady: boolean
}

/** Where programs may be found, best first. */
interface Candidate {
  readonly directory: string
  /** Root of the npm package that has to be complete and reachable as a whole. */
  readonly package?: string
}

/** A symbolic link that a package should contain; paths are relative to its root. */
interface Link {
  readonly source: string
  readonly target: string
}

const packaged = (major: number): Candidate[] => {
  try {
    const name = `postgres-${major}-${process.platform}-${process.arch}`
    const root = dirname(dirname(createRequire(import.meta.url).resolve(name)))
    return [{ directory: join(root, 'native', 'bin'), package: root }]
  } catch {
    // Not one of the majors that the project brings, or installed without optional dependencies.
    return []
  }
}

const versionOf = async (directory: string): Promise<string | undefined> => {
  try {
    const { stdout } = await promisify(execFile)(join(directory, 'postgres'), ['--version'])
    return /\(PostgreSQL\) ([0-9]+(?:\.[0-9]+)?)/.exec(stdout)?.[1]
  } catch {
    // No program, or one that does not run here (a shared library is missing).
    return undefined
  }
}

const exists = async (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  )

/** npm installs without running install scripts leave the package's shared libraries without their links. */
const lacksLinks = async (root: string): Promise<Link[]> => {
  const links: Link[] = JSON.parse(await readFile(join(root, 'native', 'pg-symlinks.json'), 'utf8'))
  const missing = await Promise.all(links.map(async ({ target }) => !(await exists(join(root, target)))))
  return links.filter((_, index) => missing[index])
}

/** Finds programs, each major once. */
export class ProgramFinder {
  readonly #cache: string
  readonly #account: Account
  readonly #found = new Map<number, Promise<Programs | undefined>>()

  /** `cache`: an own directory that `account` can reach, for copies of programs that it cannot. */
  constructor(cache: string, account: Account) {
    this.#cache = cache
    this.#account = account
  }

  /** Programs of a major, or nothing when this machine has none. */
  async find(major: number): Promise<Programs | undefined> {
    const known = this.#found.get(major) ?? this.#search(major)
    this.#found.set(major, known)
    return await known
  }

  async #search(major: number): Promise<Programs | undefined> {
    const candidates: Candidate[] = [
      { directory: `/usr/lib/postgresql/${major}/bin` },
      ...(process.env['PATH'] ?? '').split(delimiter).map((directory) => ({ directory })),
      { directory: `/opt/homebrew/opt/postgresql@${major}/bin` },
      ...packaged(major),
    ]
    for (const candidate of candidates) {
      if (!(await exists(join(candidate.directory, 'initdb')))) continue
      const directory = candidate.package === undefined ? candidate.directory : await this.#prepare(candidate.package)
      if (!(await canReach(this.#account, join(directory, 'postgres')))) continue
      const version = await versionOf(directory)
      if (version?.split('.')[0] !== String(major)) continue
      const installed = new Set(await readdir(directory))
      return { major, version, directory, hasPgIsReady: installed.has('pg_isready') }
    }
    return undefined
  }

  /** The package's programs, copied when the account cannot reach them or links are missing. */
  async #prepare(root: string): Promise<string> {
    const missing = await lacksLinks(root)
    const native = join(root, 'native')
    if (missing.length === 0 && (await canReach(this.#account, join(native, 'bin', 'postgres')))) {
      return join(native, 'bin')
    }
    const copy = join(this.#cache, root.replaceAll(/[^A-Za-z0-9.-]+/g, '_'))
    if (!(await exists(copy))) {
      await mkdir(`${copy}.new`, { recursive: true, mode: 0o755 })
      await cp(native, join(`${copy}.new`, 'native'), { recursive: true, verbatimSymlinks: true })
      for (const { source, target } of missing) {
        const link = join(`${copy}.new`, target)
        await symlink(join(copy, source), link)
      }
      await rename(`${copy}.new`, copy)
    }
    return join(copy, 'native', 'bin')
  }
}
