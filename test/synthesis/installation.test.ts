import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readOutput } from '../../src/manifests/output-directory.ts'
import { synthesise, writeSynthesis } from '../../src/manifests/synthesis.ts'
import { PREAMBLE, project } from '../manifests/projects.ts'

const environment = { PATH: process.env['PATH'], HOME: process.env['HOME'] }

/** An app of a few databases whose charts depend on each other, which writes down how often it was validated. */
const main = (beforeSynthesis = ''): string => `import { writeFileSync } from 'node:fs'
import { Yaml } from 'cdk8s'
${PREAMBLE}
let validations = 0
const charts = ['a', 'b', 'c'].map((id) => new Chart(app, id, { namespace: id }))
for (const chart of charts) {
  const database = new Database(chart, 'orders', orders)
  database.node.addValidation({ validate: () => (validations += 1, []) })
}
charts[0].addDependency(charts[2])
${beforeSynthesis}
app.synth()
writeFileSync('validations', String(validations))
`

/** Synthesises by our command. @returns the files, and how often each database was validated */
function byCommand(
  directory: string,
  variables: Readonly<Record<string, string>> = {},
): { readonly files: ReadonlyMap<string, string>; readonly validations: number } {
  const synthesis = synthesise(directory, { ...environment, ...variables })
  writeSynthesis(directory, synthesis)
  return { files: synthesis.files, validations: validationsIn(directory) }
}

const validationsIn = (directory: string): number => Number(readOutput(directory).get('validations')) / 3

/** Runs the app itself, as anybody may. */
function directly(directory: string, variables: Readonly<Record<string, string>> = {}): ReadonlyMap<string, string> {
  const env = { ...environment, ...variables, CDK8S_OUTDIR: join(directory, 'direct') }
  execFileSync(process.execPath, ['main.ts'], { cwd: directory, env, stdio: 'pipe' })
  return readOutput(join(directory, 'direct'))
}

describe('an app that cdk8s-database synth starts', () => {
  test('is synthesised in one pass, into the files that it writes by itself', () => {
    const directory = project(main())
    const { files, validations } = byCommand(directory)
    expect(validations).toBe(1)
    expect([...files.keys()]).toContain('0000-c.k8s.yaml')
    expect(directly(directory)).toEqual(files)
    expect(validationsIn(directory)).toBe(5)
  })

  test('writes the files that cdk8s synth writes', () => {
    const directory = project(main())
    const { files } = byCommand(directory)
    const cdk8s = join(directory, 'node_modules', 'cdk8s-cli', 'bin', 'cdk8s')
    const env = { ...environment, CDK8S_CHECK_UPGRADE: 'false' }
    execFileSync(process.execPath, [cdk8s, 'synth'], { cwd: directory, env, stdio: 'pipe' })
    expect(readOutput(join(directory, 'dist'))).toEqual(files)
    expect(validationsIn(directory)).toBe(5)
  })

  test('is left to cdk8s where the user says so', () => {
    const directory = project(main())
    const { files, validations } = byCommand(directory, { CDK8S_DATABASE_SYNTH: 'cdk8s' })
    expect(validations).toBe(5)
    expect(byCommand(directory).files).toEqual(files)
  })

  test.each([
    ['YAML', `const { stringify } = Yaml\nYaml.stringify = (...docs) => '# ours\\n' + stringify.call(Yaml, ...docs)`],
    ['charts', `Chart.prototype.toJson = function () { return App._synthChart(this) }`],
  ])('is left to cdk8s where it has its own way to make %s', (_title, replacement) => {
    const directory = project(main(replacement))
    const { files, validations } = byCommand(directory)
    expect(validations).toBe(5)
    expect(directly(directory)).toEqual(files)
  })

  test('keeps the order of keys where it is told to', () => {
    const directory = project(main())
    const { files, validations } = byCommand(directory, { CDK8S_DISABLE_SORT: '1' })
    expect(validations).toBe(1)
    expect(directly(directory, { CDK8S_DISABLE_SORT: '1' })).toEqual(files)
    expect(byCommand(directory).files).not.toEqual(files)
  })

  test('leaves what Node compiled for it beside its modules', () => {
    const directory = project(main())
    byCommand(directory)
    expect(existsSync(join(directory, 'node_modules', '.cache', 'cdk8s-database'))).toBe(true)
  })
})
