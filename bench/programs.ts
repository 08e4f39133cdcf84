/** Makes the programs that are compared, as users have them: bundled JavaScript, not TypeScript that Node strips first. */
import { execFile } from 'node:child_process'
import { symlinkSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import type { BenchOptions } from './options.ts'
import type { Programs } from './sides.ts'

const root = join(import.meta.dirname, '..')

/** Builds what is not given. Everything goes into `work`. */
export async function makePrograms(
  options: Pick<BenchOptions, 'command' | 'flags' | 'profile'>,
  work: string,
): Promise<Programs> {
  const floor = join(work, 'floor.mjs')
  await build({
    entryPoints: [join(import.meta.dirname, 'floor.ts')],
    outfile: floor,
    platform: 'node',
    format: 'esm',
    target: `node${process.versions.node}`,
    logLevel: 'warning',
  })
  return {
    command: options.command === undefined ? await buildCommand(work) : resolve(options.command),
    floor,
    work,
    flags: options.flags,
    profiles: options.profile === undefined ? undefined : resolve(options.profile),
  }
}

/** A build of our own, because `lib/` may be built anew while this runs. */
async function buildCommand(work: string): Promise<string> {
  // What is not bundled is found from there.
  symlinkSync(join(root, 'node_modules'), join(work, 'node_modules'))
  symlinkSync(join(root, 'package.json'), join(work, 'package.json'))
  await promisify(execFile)(process.execPath, [join(root, 'scripts', 'build.ts'), join(work, 'lib')], { cwd: root })
  return join(work, 'lib', 'cli.js')
}
