import { execFile } from 'node:child_process'
import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
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
  readonly peerDependenciesMeta: Readonly<Record<string, { readonly optional?: boolean }>>
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
  const peers = Object.keys(manifest.peerDependencies)
    .filter((name) => manifest.peerDependenciesMeta[name]?.optional !== true)
    .map((name) => `${name}@${manifest.devDependencies[name]}`)
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

  it('asks an impact without vitest, cdk8s or anything else', async ({ skip }) => {
    skip('unavailable' in installation, 'unavailable' in installation ? installation.unavailable : '')
    const script = `import { impactOf } from 'cdk8s-database/impact'
      const change = { path: 'spec.image', before: 'postgres:16.4', after: 'postgres:16.5' }
      console.log(impactOf({ apiVersion: 'database.example.com/v1', kind: 'Database' }, change).impact)`
    const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', script], { cwd: appDirectory() })
    expect(stdout).toBe('restart\n')
    expect(await readFile(join(directory, 'lib', 'impact.js'), 'utf8')).not.toMatch(/\b(from|import)\s*\(?["']/)
  })

  it('brings matchers for tests of the app, with their types', async ({ skip }) => {
    skip('unavailable' in installation, 'unavailable' in installation ? installation.unavailable : '')
    await linkVitest()
    await writeFile(join(appDirectory(), 'chart.test.ts'), TEST)
    await mkdir(join(appDirectory(), 'golden'), { recursive: true })
    await writeFile(join(appDirectory(), 'golden', 'other.yaml'), 'apiVersion: v1\nkind: Namespace\n')
    await expect(compile('chart.test.ts')).resolves.toBe('')
    const wrong = TEST.replace('.toNotRestart(before)', '.toNotRestart(7)')
    await writeFile(join(appDirectory(), 'wrong.test.ts'), wrong)
    await expect(compile('wrong.test.ts')).resolves.toContain("Argument of type 'number' is not assignable")
    await rm(join(appDirectory(), 'wrong.test.ts'))
    const { results, output } = await runVitest()
    expect(results, output).toEqual({
      'keeps to what we want': 'passed',
      'is compared with a file': 'passed',
      'is told what is wrong': 'failed',
      'is told where the file differs': 'failed',
    })
    expect(output).toContain('StatefulSet shop/orders: spec.template.spec.containers[name=postgres].image')
    expect(output).toContain('restart, because the pod is replaced by one of this image')
    expect(output).toContain('golden/other.yaml')
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

/** A test as a user writes it: two that hold, and two that must fail. */
const TEST = `import { App, Chart } from 'cdk8s'
import { Database } from 'cdk8s-database'
import { expectGoldenManifests } from 'cdk8s-database/testing'
import { expect, test } from 'vitest'

const chartOf = (image: string): Chart => {
  const chart = new Chart(new App(), 'shop', { namespace: 'shop', disableResourceNameHashes: true })
  new Database(chart, 'orders', { image, databaseName: 'orders', username: 'app', storage: { size: '10Gi' } })
  return chart
}
const before = chartOf('postgres:16.4-bookworm')

test('keeps to what we want', () => {
  expect(before).toBeRestrictedPodSecurity()
  expect(before).toRetainData()
  expect(chartOf('postgres:16.4-bookworm')).toNotRestart(before)
})

test('is compared with a file', async () => {
  await expectGoldenManifests(before, 'golden/orders.yaml')
})

test('is told what is wrong', () => {
  expect(chartOf('postgres:16.9-bookworm')).toNotRestart(before)
})

test('is told where the file differs', async () => {
  await expectGoldenManifests(before, 'golden/other.yaml')
})
`

/** The vitest of this project, as if the app had installed it. */
async function linkVitest(): Promise<void> {
  await symlink(join(root, 'node_modules', 'vitest'), join(appDirectory(), 'node_modules', 'vitest'))
}

/**
 * Runs the app's tests; golden files that are missing are written, also where vitest forbids it because `CI` is set.
 *
 * @returns how each ended, by its name
 */
async function runVitest(): Promise<{ results: Record<string, string>; output: string }> {
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs')
  const results = join(appDirectory(), 'results.json')
  const flags = [
    'run',
    '--reporter=json',
    `--outputFile=${results}`,
    '--reporter=default',
    '--no-color',
    '--update=new',
  ]
  const { stdout, stderr } = await run(process.execPath, [vitest, ...flags], {
    cwd: appDirectory(),
    env: environment,
  }).catch((error: unknown) => error as { stdout: string; stderr: string })
  const report: {
    testResults: { assertionResults: { title: string; status: string }[] }[]
  } = JSON.parse(await readFile(results, 'utf8'))
  const assertions = report.testResults.flatMap(({ assertionResults }) => assertionResults)
  return {
    results: Object.fromEntries(assertions.map(({ title, status }) => [title, status])),
    output: `${stdout}${stderr}`,
  }
}

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
