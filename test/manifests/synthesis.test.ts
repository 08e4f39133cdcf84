import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { InputError } from '../../src/api/input-error.ts'
import { readOutput, replaceOutput } from '../../src/manifests/output-directory.ts'
import { synthesise, writeSynthesis } from '../../src/manifests/synthesis.ts'
import { ONE_DATABASE, PREAMBLE, project } from './projects.ts'
import { scratchDirectory, writeFiles } from './scratch-directory.ts'

const environment = { PATH: process.env['PATH'], HOME: process.env['HOME'] }

function synth(directory: string): ReturnType<typeof synthesise> {
  const synthesis = synthesise(directory, environment)
  writeSynthesis(directory, synthesis)
  return synthesis
}

function refusalOf(directory: string): InputError {
  try {
    synthesise(directory, environment)
  } catch (error) {
    if (error instanceof InputError) return error
    throw error
  }
  throw new Error('nothing was refused')
}

describe('synthesis', () => {
  test('writes the bytes that cdk8s synth writes, and the same bytes again', () => {
    const directory = project(ONE_DATABASE)
    expect(synth(directory).changes.map(({ file, change }) => `${change} ${file}`)).toEqual([
      'added database-crd.k8s.yaml',
      'added shop.k8s.yaml',
    ])
    const ours = readOutput(join(directory, 'dist'))

    const again = synth(directory)
    expect(again.changes).toEqual([])
    expect(readOutput(join(directory, 'dist'))).toEqual(ours)

    const cdk8s = join(directory, 'node_modules', 'cdk8s-cli', 'bin', 'cdk8s')
    execFileSync(process.execPath, [cdk8s, 'synth'], {
      cwd: directory,
      env: { ...environment, CDK8S_CHECK_UPGRADE: 'false' },
      stdio: 'pipe',
    })
    expect(readOutput(join(directory, 'dist'))).toEqual(ours)
  })

  test('touches no file where nothing changed', () => {
    const directory = project(ONE_DATABASE)
    synth(directory)
    const file = join(directory, 'dist', 'shop.k8s.yaml')
    const before = statSync(file).mtimeMs
    const inode = statSync(join(directory, 'dist')).ino
    synth(directory)
    expect(statSync(file).mtimeMs).toBe(before)
    expect(statSync(join(directory, 'dist')).ino).toBe(inode)
  })

  test('removes files that the app no longer writes, and says so', () => {
    const directory = project(ONE_DATABASE, { 'dist/old.k8s.yaml': 'x: 1\n', 'dist/sub/older.yaml': 'y: 1\n' })
    const { changes } = synth(directory)
    expect(changes).toContainEqual({ file: 'old.k8s.yaml', change: 'removed' })
    expect(changes).toContainEqual({ file: join('sub', 'older.yaml'), change: 'removed' })
    expect(readdirSync(join(directory, 'dist')).toSorted()).toEqual(['database-crd.k8s.yaml', 'shop.k8s.yaml'])
  })

  test('puts a file right that somebody changed by hand', () => {
    const directory = project(ONE_DATABASE)
    synth(directory)
    writeFiles(directory, { 'dist/shop.k8s.yaml': 'edited: true\n' })
    expect(synth(directory).changes).toEqual([{ file: 'shop.k8s.yaml', change: 'changed' }])
    expect(synthesise(directory, environment).changes).toEqual([])
  })

  test('writes where cdk8s.yaml says', () => {
    const directory = project(ONE_DATABASE)
    writeFiles(directory, { 'cdk8s.yaml': `app: ${process.execPath} main.ts\noutput: deploy/manifests\n` })
    mkdirSync(join(directory, 'deploy'))
    synth(directory)
    expect([...readOutput(join(directory, 'deploy', 'manifests')).keys()]).toHaveLength(2)
  })
})

describe('a failing app leaves dist as it was', () => {
  const kept = { 'dist/shop.k8s.yaml': 'kept: true\n' }
  const isKept = (directory: string): void => {
    expect(Object.fromEntries(readOutput(join(directory, 'dist')))).toEqual({ 'shop.k8s.yaml': 'kept: true\n' })
  }

  test('when it throws, with its own words', () => {
    const directory = project(`throw new Error('out of ideas')\n`, kept)
    const refusal = refusalOf(directory)
    expect(refusal.message).toBe('the app failed')
    expect(refusal.where).toMatch(/main\.ts \(exit 1\)$/)
    expect(refusal.remedy).toContain('out of ideas')
    isKept(directory)
  })

  test('when a construct is not valid, with every issue and the path of the construct', () => {
    const main = `${PREAMBLE}
const shop = new Chart(app, 'shop', { namespace: 'shop' })
new Database(shop, 'orders', { ...orders, replicas: 0, username: 'postgres' })
new Database(shop, 'billing', { ...orders, image: 'postgres' })
app.synth()
`
    const directory = project(main, kept)
    const refusal = refusalOf(directory)
    expect(refusal.message.split('\n').map((line) => line.trim())).toEqual([
      'spec.replicas: replicas must be at least 1: the primary',
      expect.stringMatching(/^username is reserved/),
      expect.stringMatching(/^image must be a reference/),
      expect.stringMatching(/^image does not tell the PostgreSQL major/),
    ])
    expect(refusal.where).toBe('shop/orders, shop/billing')
    isKept(directory)
  })

  test('when it writes nothing', () => {
    const directory = project('export {}\n', kept)
    expect(refusalOf(directory).message).toBe('the app wrote no manifests')
    isKept(directory)
  })

  test('when two constructs make the same object, with the paths of both', () => {
    const main = `import { ApiObject } from 'cdk8s'\n${PREAMBLE}
const [shop, office] = [new Chart(app, 'shop', { namespace: 'shop' }), new Chart(app, 'office')]
for (const id of ['a', 'b']) new ApiObject(shop, id, { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'same' } })
new Database(shop, 'orders', orders)
new ApiObject(office, 'c', { apiVersion: 'v1', kind: 'Service', metadata: { name: 'orders', namespace: 'shop' } })
app.synth()
`
    const directory = project(main, kept)
    const refusal = refusalOf(directory)
    expect(refusal.message.split('\n').map((line) => line.trim())).toEqual([
      'Secret shop/same is made twice',
      'Service shop/orders is made twice',
    ])
    expect(refusal.where).toMatch(/^shop\/a and shop\/b, shop\/orders\/[A-Za-z]+ and office\/c$/)
    expect(refusal.remedy).toBe('give one of them another name or namespace')
    isKept(directory)
  })

  test('when an app without constructs of ours writes the same object twice, with the lines of both', () => {
    const main = `import { ApiObject, App, Chart } from 'cdk8s'
const app = new App()
const chart = new Chart(app, 'shop')
for (const id of ['a', 'b']) new ApiObject(chart, id, { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'same' } })
app.synth()
`
    const directory = project(main, kept)
    const refusal = refusalOf(directory)
    expect(refusal.message).toBe('Secret same stands twice in the input')
    expect(refusal.where).toBe(`${join('dist', 'shop.k8s.yaml')}:1 and ${join('dist', 'shop.k8s.yaml')}:6`)
    isKept(directory)
  })

  test('when a signal ends it', () => {
    const directory = project(`process.kill(process.pid, 'SIGKILL')\n`, kept)
    expect(refusalOf(directory).message).toBe('the app failed')
    isKept(directory)
  })
})

describe('cdk8s.yaml is refused', () => {
  test.each<[title: string, text: string, message: RegExp]>([
    ['where it names no app', 'language: typescript\n', /names no app/],
    ['where it is empty', '', /names no app/],
    ['where it is not YAML', 'app: [\n', /cannot be read/],
    ['where its output is the project', 'app: "true"\noutput: .\n', /not a directory of its own/],
    ['where its output is empty', 'app: "true"\noutput: ""\n', /not a directory of its own/],
    ['where its output holds the project', 'app: "true"\noutput: ..\n', /not a directory of its own/],
    ['where its output is the root', 'app: "true"\noutput: /\n', /not a directory of its own/],
    ['where its output is a number', 'app: "true"\noutput: 7\n', /not a directory of its own/],
  ])('%s', (_title, text, message) => {
    const directory = scratchDirectory({ 'cdk8s.yaml': text })
    const refusal = refusalOf(directory)
    expect(refusal.message).toMatch(message)
    expect(refusal.where).toBe(join(directory, 'cdk8s.yaml'))
    expect(readdirSync(directory)).toEqual(['cdk8s.yaml'])
  })

  test('where there is none', () => {
    expect(refusalOf(scratchDirectory()).message).toBe('there is no cdk8s.yaml here')
  })
})

describe('an output directory that was being replaced when the process was killed', () => {
  const files = new Map([['new.yaml', 'new: true\n']])
  const remains = (directory: string): string[] => readdirSync(directory).toSorted()

  test('before the exchange keeps its old files, and the next run completes it', () => {
    const directory = scratchDirectory({ 'dist/old.yaml': 'old\n', 'dist.next/half.yaml': 'half' })
    replaceOutput(join(directory, 'dist'), files)
    expect(readOutput(join(directory, 'dist'))).toEqual(files)
    expect(remains(directory)).toEqual(['dist'])
  })

  test('between the two renames is never missing for the next run', () => {
    const directory = scratchDirectory({ 'dist/old.yaml': 'old\n', 'dist.next/new.yaml': 'new: true\n' })
    renameSync(join(directory, 'dist'), join(directory, 'dist.previous'))
    replaceOutput(join(directory, 'dist'), files)
    expect(readOutput(join(directory, 'dist'))).toEqual(files)
    expect(remains(directory)).toEqual(['dist'])
  })

  test('after the exchange leaves nothing behind, also when nothing is to be written', () => {
    const directory = project(ONE_DATABASE)
    synth(directory)
    writeFiles(directory, { 'dist.previous/old.yaml': 'old\n' })
    expect(synth(directory).changes).toEqual([])
    expect(existsSync(join(directory, 'dist.previous'))).toBe(false)
  })

  test('that leads in a circle is read all the same', () => {
    const directory = scratchDirectory({ 'dist/old.yaml': 'old\n' })
    execFileSync('ln', ['-s', '.', join(directory, 'dist', 'circle')])
    expect([...readOutput(join(directory, 'dist')).keys()]).toEqual(['old.yaml'])
  })
})
