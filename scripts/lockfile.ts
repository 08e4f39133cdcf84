/**
 * Completes package-lock.json with the programs of other platforms: `npm run lockfile`; `--check` writes nothing and
 * fails when some are missing.
 *
 * npm leaves an optional package out of the lockfile when the registry that it asked does not carry it, and `npm ci`
 * then refuses that lockfile on every machine. What is added has no integrity hash; npm fills it in where it installs.
 * @see https://github.com/npm/cli/issues/4828
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

interface LockedPackage {
  readonly name?: string
  readonly version?: string
  readonly dev?: boolean
  readonly optional?: boolean
  readonly os?: readonly string[]
  readonly cpu?: readonly string[]
  readonly libc?: readonly string[]
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

const SYSTEMS = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32']
const PROCESSORS = ['arm', 'arm64', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'wasm32', 'x64']

const file = join(import.meta.dirname, '..', 'package-lock.json')
const lock: { packages: Record<string, LockedPackage> } = JSON.parse(readFileSync(file, 'utf8'))

/** What a package of programs is for, by its name: `@swc/core-linux-arm64-musl`. */
function platformOf(name: string): Pick<LockedPackage, 'os' | 'cpu' | 'libc'> {
  const words = name.split(/[/-]/)
  const os = SYSTEMS.filter((system) => words.includes(system))
  const cpu = PROCESSORS.filter((processor) => words.some((word) => word === processor || word === `${processor}le`))
  const libc = words.includes('musl') ? ['musl'] : words.includes('gnu') && os.includes('linux') ? ['glibc'] : []
  return {
    ...(os.length > 0 ? { os } : {}),
    cpu: cpu.length > 0 ? cpu : ['none'],
    ...(libc.length > 0 ? { libc } : {}),
  }
}

/** Whether Node would find the package from there. */
function isLocked(name: string, from: string): boolean {
  const directories = from
    .split('/node_modules/')
    .map((_, index, parts) => parts.slice(0, index + 1).join('/node_modules/'))
  return ['', ...directories].some(
    (directory) => `${directory === '' ? '' : `${directory}/`}node_modules/${name}` in lock.packages,
  )
}

const missing: [path: string, entry: LockedPackage][] = []
for (const [path, { optionalDependencies = {}, dev }] of Object.entries(lock.packages)) {
  for (const [name, range] of Object.entries(optionalDependencies)) {
    if (isLocked(name, path)) continue
    const alias = /^npm:(.+)@([^@]+)$/.exec(range)
    const version = alias?.[2] ?? range
    if (!/^\d+\.\d+\.\d+\S*$/.test(version)) throw new Error(`${path} wants ${name} ${range}: add it by hand`)
    missing.push([
      `node_modules/${name}`,
      {
        ...(alias?.[1] === undefined ? {} : { name: alias[1] }),
        version,
        ...platformOf(alias?.[1] ?? name),
        ...(dev === true ? { dev } : {}),
        optional: true,
      },
    ])
  }
}

if (missing.length === 0) process.stdout.write('package-lock.json: complete\n')
else if (process.argv.includes('--check')) {
  process.stderr.write(
    `error: package-lock.json lacks ${missing.map(([path]) => path).join(', ')}\n  try: npm run lockfile\n`,
  )
  process.exitCode = 1
} else {
  const entries = [...Object.entries(lock.packages), ...missing].toSorted(([a], [b]) => a.localeCompare(b, 'en'))
  writeFileSync(file, `${JSON.stringify({ ...lock, packages: Object.fromEntries(entries) }, null, 2)}\n`)
  process.stdout.write(`package-lock.json: ${missing.length} packages of other platforms added\n`)
}
