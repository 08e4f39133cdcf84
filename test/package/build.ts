/** The package as `npm run build` makes it, in a directory of the test's own. */
import { execFile } from 'node:child_process'
import { cp, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll } from 'vitest'

const root = join(import.meta.dirname, '..', '..')

/** Runs a program to its end. @throws Error with `stdout` and `stderr` when it fails */
export const run = promisify(execFile)

/** Builds the package; its directory is removed when the test file ends. @param flags of `scripts/build.ts` */
export async function buildPackage(...flags: readonly string[]): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'cdk8s-database-package-'))
  afterAll(() => rm(directory, { recursive: true, force: true }))
  await run(process.execPath, [join(root, 'scripts', 'build.ts'), join(directory, 'lib'), ...flags], { cwd: root })
  for (const file of ['package.json', 'LICENSE', 'README.md', 'CHANGELOG.md']) {
    // A file that is not there is noticed by the test that lists the package's content.
    await cp(join(root, file), join(directory, file)).catch(ignoreMissing)
  }
  await symlink(join(root, 'node_modules'), join(directory, 'node_modules'))
  return directory
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error
}
