/**
 * Where etcd, kube-apiserver, kube-controller-manager and kubectl come from.
 *
 * Workflow, first that has all four: the directory in `KUBEBUILDER_ASSETS`, this project's cache, upstream's release
 * binaries, a build from source. What is downloaded or built goes into the cache, so it happens once per machine.
 */
import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { basename, dirname, isAbsolute, join } from 'node:path'
import { withLock } from './lock.ts'
import { buildPrograms } from './programs-build.ts'
import { downloadPrograms } from './programs-download.ts'
import { isExecutable, moduleDirectory, programNames, programVersions } from './programs-source.ts'
import type { ProgramName, Programs, ProgramsSource, ProgramVersions } from './programs-source.ts'

/** Where to look, what to report to; the defaults are this machine's. */
export interface ProgramsOptions {
  /** @default process.env */
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** Takes a line whenever something slow happens. @default standard error */
  readonly log?: (line: string) => void
  /** Fills an empty directory with the four programs, or throws saying why it could not. @default upstream's release binaries */
  readonly download?: ProgramsSource
  /** As `download`. @default `go build` of test/cluster/control-plane */
  readonly build?: ProgramsSource
}

/** No source had the programs. The message names every source and why it did not. */
export class ProgramsUnavailableError extends Error {
  override readonly name = 'ProgramsUnavailableError'
}

/** The user's cache directory as the platform defines it. */
export function userCacheDirectory(
  environment: Readonly<Record<string, string | undefined>> = process.env,
  platform: string = process.platform,
): string {
  const configured = environment['XDG_CACHE_HOME']
  // The specification says that a relative path is to be ignored.
  if (configured !== undefined && isAbsolute(configured)) return configured
  const home = environment['HOME'] ?? homedir()
  return platform === 'darwin' ? join(home, 'Library', 'Caches') : join(home, '.cache')
}

/** The directory in which the programs of exactly this module and platform are kept. */
export async function programCacheDirectory(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<string> {
  const hash = createHash('sha256')
  for (const file of ['go.mod', 'go.sum', 'main.go']) {
    hash.update(`${file}\0`).update(await readFile(join(moduleDirectory, file)))
  }
  hash.update(`\0${process.platform}-${process.arch}`)
  const key = hash.digest('hex').slice(0, 16)
  return join(userCacheDirectory(environment), 'cdk8s-database', 'control-plane', key)
}

/**
 * Finds the programs, downloading or building them when this machine has none yet.
 *
 * @throws ProgramsUnavailableError when no source has them; the message says what to do.
 */
export async function findPrograms(options: ProgramsOptions = {}): Promise<Programs> {
  const environment = options.environment ?? process.env
  const log = options.log ?? ((line: string): void => void process.stderr.write(`${line}\n`))
  const reasons: string[] = []

  const assets = environment['KUBEBUILDER_ASSETS']
  if (assets === undefined || assets === '') {
    reasons.push('KUBEBUILDER_ASSETS is not set (a directory that has all four)')
  } else {
    const found = await programsIn(assets)
    if ('programs' in found) return found.programs
    const reason = `KUBEBUILDER_ASSETS=${assets} has no ${found.missing.join(', ')}`
    log(reason)
    reasons.push(reason)
  }

  const cache = await programCacheDirectory(environment)
  const cached = await programsIn(cache)
  if ('programs' in cached) return cached.programs
  reasons.push(`the cache ${cache} is empty`)

  const versions = await programVersions()
  await mkdir(dirname(cache), { recursive: true })
  return withLock(`${cache}.lock`, log, async () => {
    const meanwhile = await programsIn(cache)
    if ('programs' in meanwhile) return meanwhile.programs
    await removeRemains(cache)
    const sources: readonly (readonly [string, ProgramsSource])[] = [
      ["upstream's release binaries", options.download ?? downloadPrograms],
      ['go build', options.build ?? buildPrograms],
    ]
    for (const [title, source] of sources) {
      const reason = await fillCache(cache, source, versions, log)
      if (reason === undefined) {
        const filled = await programsIn(cache)
        if ('programs' in filled) return filled.programs
        reasons.push(`${title}: ${filled.missing.join(', ')} missing afterwards`)
      } else {
        reasons.push(`${title}: ${reason}`)
      }
    }
    throw new ProgramsUnavailableError(
      `no etcd, kube-apiserver, kube-controller-manager and kubectl for the throwaway cluster:\n` +
        reasons.map((reason) => `  - ${reason}`).join('\n') +
        `\nInstall Go, or let this machine reach dl.k8s.io and github.com, or set KUBEBUILDER_ASSETS.`,
    )
  })
}

type Found = { readonly programs: Programs } | { readonly missing: readonly ProgramName[] }

async function programsIn(directory: string): Promise<Found> {
  const multiCall = join(directory, 'control-plane')
  if (await isExecutable(multiCall)) return { programs: programsFrom((program) => [multiCall, program]) }
  const present = await Promise.all(programNames.map((program) => isExecutable(join(directory, program))))
  const missing = programNames.filter((_program, index) => present[index] !== true)
  return missing.length > 0 ? { missing } : { programs: programsFrom((program) => [join(directory, program)]) }
}

function programsFrom(command: (program: ProgramName) => readonly [string, ...string[]]): Programs {
  return {
    etcd: command('etcd'),
    'kube-apiserver': command('kube-apiserver'),
    'kube-controller-manager': command('kube-controller-manager'),
    kubectl: command('kubectl'),
  }
}

/** What a source that was killed left behind; only the holder of the lock fills directories of this name. */
async function removeRemains(cache: string): Promise<void> {
  const parent = dirname(cache)
  for (const name of await readdir(parent)) {
    if (name.startsWith(`${basename(cache)}.partial-`)) await rm(join(parent, name), { recursive: true, force: true })
  }
}

/** Renamed into place as a whole: the cache never holds half of the programs. Answers why it failed, if it did. */
async function fillCache(
  cache: string,
  source: ProgramsSource,
  versions: ProgramVersions,
  log: (line: string) => void,
): Promise<string | undefined> {
  const partial = await mkdtemp(`${cache}.partial-`)
  try {
    await source(partial, versions, log)
    await rm(cache, { recursive: true, force: true })
    await rename(partial, cache)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  } finally {
    await rm(partial, { recursive: true, force: true })
  }
}
