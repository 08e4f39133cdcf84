/** What the README says must be true: its snippet, its commands and flags, its exit codes. */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { PHASES } from '../../src/api/status.ts'
import { EXIT } from '../../src/api/exit-code.ts'
import type { Command } from '../../src/commands/command.ts'
import { COMMANDS as ALL } from '../../src/commands/commands.ts'
import { blocksOf, pageAt, ROOT, rowsBelow } from './pages.ts'

const readme = pageAt('README.md')
const { scripts } = JSON.parse(pageAt('package.json').text) as { scripts: Record<string, string> }

/** Flags of the tour, which has no table of them. */
const DEMO_FLAGS = ['controller', 'keep', 'stop', 'pace']

const COMMANDS: Readonly<Record<string, Command>> = Object.fromEntries(
  await Promise.all(
    Object.entries(ALL).map(async ([name, { load }]) => {
      const { command } = await load()
      return [name, command] as const
    }),
  ),
)

describe('the TypeScript of the README', () => {
  const [snippet = ''] = blocksOf(readme, 'ts')
  let directory: string

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'readme-'))
    symlinkSync(join(ROOT, 'node_modules'), join(directory, 'node_modules'), 'dir')
    // The package as it would be installed, but from its source: a fresh clone has not been built.
    const source = snippet.replace("'cdk8s-database'", JSON.stringify(join(ROOT, 'src', 'index.ts')))
    writeFileSync(join(directory, 'main.ts'), source)
    writeFileSync(join(directory, 'package.json'), '{ "type": "module" }')
    const compilerOptions = {
      rootDir: '/',
      rewriteRelativeImportExtensions: false,
      typeRoots: [join(ROOT, 'node_modules', '@types')],
    }
    const tsconfig = { extends: join(ROOT, 'tsconfig.json'), compilerOptions, include: ['main.ts'] }
    writeFileSync(join(directory, 'tsconfig.json'), JSON.stringify(tsconfig))
  })
  afterAll(() => rmSync(directory, { recursive: true, force: true }))

  test('is there, and imports the package by its name', () => {
    expect(snippet).toContain("from 'cdk8s-database'")
    expect(snippet.trim().split('\n').length).toBeLessThanOrEqual(16)
  })

  test('compiles', () => {
    const tsc = join(ROOT, 'node_modules', '.bin', 'tsc')
    const { stdout, status } = spawnSync(tsc, ['--noEmit', '-p', directory], { encoding: 'utf8' })
    expect(stdout).toBe('')
    expect(status).toBe(0)
  })

  test('synthesises the objects of the table below it', () => {
    execFileSync(process.execPath, ['main.ts'], { cwd: directory, stdio: 'pipe' })
    const output = join(directory, 'dist')
    const text = readdirSync(output)
      .map((file) => readFileSync(join(output, file), 'utf8'))
      .join('---\n')
    const kinds = [...text.matchAll(/^kind: (\w+)$/gm)].map(([, kind]) => kind ?? '')
    const told = rowsBelow(readme, 'object').map(([name = '']) => name)
    for (const kind of kinds) expect(told.join('\n')).toContain(kind)
    for (const name of told.flatMap((cell) => /`(.+)`/.exec(cell)?.[1] ?? [])) expect(text).toContain(`name: ${name}\n`)
  })
})

describe('the commands of the README', () => {
  const lines = ['sh', 'console']
    .flatMap((language) => blocksOf(readme, language))
    .flatMap((block) => block.split('\n'))
  const inline = [...readme.text.matchAll(/`(npm [^`]+)`/g)].map(([, command]) => command ?? '')
  const calls = [...lines, ...inline].flatMap((line) => [
    ...line.matchAll(/npm (?:run )?([\w:-]+)(?: -- ([^&|#`]*))?/g),
  ])

  test('are scripts of package.json', () => {
    const names = calls.map(([, name]) => name ?? '').filter((name) => name !== 'ci')
    expect(names.length).toBeGreaterThan(10)
    expect(names.filter((name) => !(name in scripts))).toEqual([])
  })

  test('have the flags that they are called with', () => {
    const unknown = calls.flatMap(([, name = '', flags = '']) => {
      const known = name in COMMANDS ? Object.keys(COMMANDS[name]?.flags ?? {}) : DEMO_FLAGS
      return [...flags.matchAll(/--(?:no-)?([\w-]+)/g)].flatMap(([flag, long = '']) =>
        known.includes(long) ? [] : [`${name} ${flag}`],
      )
    })
    expect(unknown).toEqual([])
  })

  test('are all in the table, and nothing else is', () => {
    const told = rowsBelow(readme, 'command').map(([cell]) => cell)
    expect(told).toEqual(Object.keys(COMMANDS).map((name) => `\`npm run ${name}\``))
  })

  test('know every flag of the table', () => {
    const known = new Set(
      Object.values(COMMANDS).flatMap(({ flags }) =>
        Object.entries(flags).flatMap(([name, { short }]) => [`--${name}`, `--no-${name}`, `-${short ?? name}`]),
      ),
    )
    const told = rowsBelow(readme, 'flag').flatMap(([cell = '']) =>
      [...cell.matchAll(/`(-[^`]+)`/g)].map(([, flag]) => flag),
    )
    expect(told.length).toBeGreaterThan(10)
    expect(told.filter((flag) => !known.has(flag ?? ''))).toEqual([])
  })

  test('for setting up and testing are exactly two', () => {
    const shell = blocksOf(readme, 'sh').map((block) => block.trim())
    expect(shell.slice(0, 2)).toEqual(['npm ci && npm run demo', 'npm ci && npm test'])
  })
})

describe('the tables of the README', () => {
  test('list the exit codes of the program', () => {
    expect(rowsBelow(readme, 'exit code').map(([code]) => Number(code))).toEqual(
      Object.values(EXIT).toSorted((left, right) => left - right),
    )
  })

  test('list every phase in order', () => {
    expect(rowsBelow(readme, 'phase').map(([phase]) => phase)).toEqual(PHASES)
  })
})
