import { execFile } from 'node:child_process'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { VERSION } from '../../src/version.ts'
import { buildPackage, run } from './build.ts'

const root = join(import.meta.dirname, '..', '..')
const directory = await buildPackage()
const manifest: {
  readonly version: string
  readonly engines: { readonly node: string }
  readonly peerDependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
} = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))

/** Environment of a user: without npm's variables and without this project's programs on the path. */
const environment = Object.fromEntries(
  Object.entries(process.env)
    .filter(([name]) => !/^(npm_(?!config_(cafile|registry|cache))|NODE_|VITEST|INIT_CWD)/i.test(name))
    .map(([name, value]) => [name, name === 'PATH' ? withoutProjectPrograms(value ?? '') : value]),
)

function withoutProjectPrograms(path: string): string {
  return path
    .split(delimiter)
    .filter((entry) => !entry.includes('node_modules'))
    .join(delimiter)
}

/** An empty project with the packed package and its peers; or why it cannot be made here. */
async function installApp(): Promise<{ app: string } | { unavailable: string }> {
  const { stdout } = await run('npm', ['pack', '--ignore-scripts', '--silent'], { cwd: directory, env: environment })
  const app = join(directory, 'app')
  await mkdir(app)
  await writeFile(join(app, 'package.json'), JSON.stringify({ name: 'app', private: true, type: 'module' }))
  const peers = Object.keys(manifest.peerDependencies).map((name) => `${name}@${manifest.devDependencies[name]}`)
  const flags = ['--prefer-offline', '--no-audit', '--no-fund', '--fetch-retries=1', '--fetch-timeout=20000']
  try {
    await run('npm', ['install', ...flags, join(directory, stdout.trim()), ...peers], { cwd: app, env: environment })
  } catch (error) {
    const code = /npm error code (\w+)/.exec(String((error as { stderr?: string }).stderr))?.[1] ?? ''
    if (!/^(ENOTCACHED|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH)$/.test(code)) throw error
    return { unavailable: `no packages to install: npm says ${code}` }
  }
  return { app }
}

const installation = await installApp()

/** Runs the installed command on a Node. */
const command = (node: string, ...args: readonly string[]): Promise<{ stdout: string; stderr: string }> => {
  if ('unavailable' in installation) throw new Error(installation.unavailable)
  const cli = join(installation.app, 'node_modules', '.bin', 'cdk8s-database')
  return run(node, [cli, ...args], { cwd: installation.app, env: environment })
}

/** The Node that the machine has by itself. */
const machineNode = await promisify(execFile)('node', ['-p', 'process.execPath + " " + process.versions.node'], {
  env: environment,
}).then(
  ({ stdout }) => {
    const [path = '', version = ''] = stdout.trim().split(' ')
    return { path, version }
  },
  () => undefined,
)

const oldest = /\d+\.\d+/.exec(manifest.engines.node)?.[0] ?? ''
const isSupported = (version: string): boolean => version.localeCompare(oldest, 'en', { numeric: true }) >= 0

describe('the package', () => {
  it('has the version that its manifest says', () => {
    expect(VERSION).toBe(manifest.version)
  })

  it('holds the library, the command, the types and the licences of what is bundled, and nothing else', async () => {
    const { stdout } = await run('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
      cwd: directory,
      env: environment,
    })
    const files = [...stdout.matchAll(/"path": "([^"]+)"/g)].map(([, path = '']) => path)
    expect(files).toEqual(
      expect.arrayContaining(['package.json', 'LICENSE', 'lib/index.js', 'lib/cli.js', 'lib/THIRD-PARTY-LICENSES.txt']),
    )
    expect(files.filter((file) => !/^(lib\/|[A-Z]+(\.md)?$|package\.json$)/.test(file))).toEqual([])
  })
})

describe('the installed package', () => {
  const nodes = [
    { path: process.execPath, version: process.versions.node },
    ...(machineNode === undefined ? [] : [machineNode]),
  ]

  it.for(nodes)('works on Node $version', async ({ path, version }, { skip }) => {
    skip('unavailable' in installation, 'unavailable' in installation ? installation.unavailable : '')
    skip(!isSupported(version), `the machine's own Node is ${version}; the package needs ${oldest}`)
    const { stdout: help } = await command(path, '--help')
    expect(help).toContain('usage: cdk8s-database COMMAND')
    expect((await command(path, '--version')).stdout).toBe(`${manifest.version}\n`)
    await writeApp()
    const { stdout } = await command(path, 'synth')
    expect(stdout).toContain('added   dist/shop.k8s.yaml')
    await expect(command(path, 'synth', '--check')).resolves.toBeDefined()
  })

  it('names what is wrong on a Node that is too old, in three lines', async ({ skip }) => {
    skip('unavailable' in installation, 'unavailable' in installation ? installation.unavailable : '')
    skip(machineNode === undefined || isSupported(machineNode.version), "the machine's own Node is not too old")
    const failure: { code?: number; stderr?: string } = await command(machineNode?.path ?? '', 'status').then(
      () => ({}),
      (error: unknown) => error as object,
    )
    expect(failure).toMatchObject({ code: 2, stderr: expect.stringContaining(`needs Node ${oldest} or newer`) })
  })

  it('has types that a strict compiler accepts, and that refuse an impossible database', async ({ skip }) => {
    skip('unavailable' in installation, 'unavailable' in installation ? installation.unavailable : '')
    await writeApp()
    await expect(compile('main.ts')).resolves.toBe('')
    await writeFile(join(appDirectory(), 'wrong.ts'), APP.replace("image: 'postgres:16.4-bookworm'", 'image: 16'))
    await expect(compile('wrong.ts')).resolves.toContain("Type 'number' is not assignable to type 'string'")
  })
})

const appDirectory = (): string => ('app' in installation ? installation.app : '')

const APP = `import { App, Chart, Size } from 'cdk8s'
import { Cpu } from 'cdk8s-plus-28'
import { Database } from 'cdk8s-database'
import type { DatabaseProps, DatabaseResource } from 'cdk8s-database'

const props: DatabaseProps = {
  image: 'postgres:16.4-bookworm',
  databaseName: 'orders',
  username: 'orders_app',
  storage: { size: Size.gibibytes(10) },
  resources: { limits: { cpu: Cpu.millis(500) } },
}
const app = new App()
const chart = new Chart(app, 'shop', { namespace: 'shop', disableResourceNameHashes: true })
export const { endpoint } = new Database(chart, 'orders', props)
export const phaseOf = (resource: DatabaseResource): string => resource.status?.phase ?? 'Pending'
app.synth()
`

/** A fresh app; what an earlier run wrote is gone. */
async function writeApp(): Promise<void> {
  await writeFile(join(appDirectory(), 'main.ts'), APP)
  await writeFile(join(appDirectory(), 'cdk8s.yaml'), `app: ${JSON.stringify(`'${process.execPath}' main.ts`)}\n`)
  await rm(join(appDirectory(), 'dist'), { recursive: true, force: true })
}

/** What the compiler has to say, with the declarations of every library checked too. */
async function compile(file: string): Promise<string> {
  const tsc = join(root, 'node_modules', '.bin', 'tsc')
  const flags = ['--noEmit', '--strict', '--exactOptionalPropertyTypes', '--module', 'nodenext', '--target', 'es2024']
  return run(tsc, [...flags, '--types', '', '--skipLibCheck', file], { cwd: appDirectory() }).then(
    () => '',
    (error: unknown) => (error as { stdout: string }).stdout,
  )
}
