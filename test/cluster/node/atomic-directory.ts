/**
 * A directory of projected files that changes all at once, laid out as the kubelet does it: every name is a link
 * through `..data`, and an update replaces that one link.
 *
 * @see https://github.com/kubernetes/kubernetes/blob/v1.36.2/pkg/volume/util/atomic_writer.go
 */
import {
  chmod,
  chown,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readlink,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Account } from './account.ts'

/** One file to show. */
export interface ProjectedFile {
  readonly content: Uint8Array
  readonly mode: number
}

/** Files by their path inside the directory; a path may have parts. */
export type Projection = ReadonlyMap<string, ProjectedFile>

const dataLink = '..data'

const fingerprint = (files: Projection): string =>
  [...files]
    .map(([path, { content, mode }]) => JSON.stringify([path, mode, Buffer.from(content).toString('base64')]))
    .toSorted()
    .join('\n')

/** One such directory. Calls of {@link AtomicDirectory.write} must not overlap. */
export class AtomicDirectory {
  readonly path: string
  readonly #account: Account
  #written: string | undefined

  constructor(path: string, account: Account) {
    this.path = path
    this.#account = account
  }

  /** Makes the directory show exactly `files`; says whether anything changed. */
  async write(files: Projection): Promise<boolean> {
    const wanted = fingerprint(files)
    if (wanted === this.#written) return false
    await mkdir(this.path, { recursive: true, mode: 0o755 })
    const stamp = new Date().toISOString().replaceAll(/[-:]/g, '_').slice(0, 19)
    const version = await mkdtemp(join(this.path, `..${stamp}.`))
    await chmod(version, 0o755)
    for (const [path, { content, mode }] of files) {
      const file = join(version, path)
      await mkdir(dirname(file), { recursive: true, mode: 0o755 })
      await writeFile(file, content)
      const { uid, gid } = this.#account
      if (uid !== undefined && gid !== undefined) await chown(file, uid, gid)
      await chmod(file, mode)
    }
    const previous = await readlink(join(this.path, dataLink)).catch(() => undefined)
    await rm(join(this.path, `${dataLink}_tmp`), { force: true })
    await symlink(version.slice(this.path.length + 1), join(this.path, `${dataLink}_tmp`))
    await rename(join(this.path, `${dataLink}_tmp`), join(this.path, dataLink))
    await this.#showNames(new Set([...files.keys()].map((path) => path.split('/')[0] ?? path)))
    if (previous !== undefined) await rm(join(this.path, previous), { recursive: true, force: true })
    this.#written = wanted
    return true
  }

  async #showNames(wanted: ReadonlySet<string>): Promise<void> {
    const shown = new Set((await readdir(this.path)).filter((name) => !name.startsWith('..')))
    for (const name of shown) if (!wanted.has(name)) await rm(join(this.path, name), { force: true })
    for (const name of wanted) {
      const link = join(this.path, name)
      const isThere = await lstat(link).then(
        () => true,
        () => false,
      )
      if (!isThere) await symlink(join(dataLink, name), link)
    }
  }
}
