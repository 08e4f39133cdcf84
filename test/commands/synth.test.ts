import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'
import { describe, expect, test } from 'vitest'
import { ONE_DATABASE, PREAMBLE, project } from '../manifests/projects.ts'
import { scratchDirectory, writeFiles } from '../manifests/scratch-directory.ts'
import { runCli } from './cli-runs.ts'

describe('synth', () => {
  test('writes, then finds nothing to change, then notices what somebody changed', async () => {
    const directory = project(ONE_DATABASE)
    expect(await runCli(['synth'], { directory })).toEqual({
      code: 0,
      stdout:
        '  + added   dist/database-crd.k8s.yaml\n  + added   dist/shop.k8s.yaml\ndist/: 11 objects in 2 files · 2 files changed\n',
      stderr: '',
    })
    expect(await runCli(['synth', '--check'], { directory })).toEqual({
      code: 0,
      stdout: 'dist/: 11 objects in 2 files · no changes\n',
      stderr: '',
    })
    writeFiles(directory, { 'dist/shop.k8s.yaml': 'edited: true\n' })
    expect(await runCli(['synth', '--check'], { directory })).toEqual({
      code: 1,
      stdout: '  ~ changed dist/shop.k8s.yaml\n',
      stderr:
        'error: dist/ is not what the app writes\n   at: dist/shop.k8s.yaml\n  try: npm run synth, then commit dist/\n',
    })
    expect(readFileSync(join(directory, 'dist', 'shop.k8s.yaml'), 'utf8')).toBe('edited: true\n')
  })

  test('prints valid YAML with --stdout and JSON with -o json, and writes no file for the first', async () => {
    const directory = project(ONE_DATABASE)
    const printed = await runCli(['synth', '--stdout'], { directory })
    expect(printed.code).toBe(0)
    expect(parseAllDocuments(printed.stdout)).toHaveLength(11)
    const report = await runCli(['synth', '--check', '-o', 'json'], { directory })
    expect(report.code).toBe(1)
    expect(JSON.parse(report.stdout)).toMatchObject({
      kind: 'SynthReport',
      objects: 11,
      exitCode: 1,
      changes: [{ file: 'database-crd.k8s.yaml', change: 'added' }, { change: 'added' }],
    })
  })

  test('says of a tag that moves that it does, where it writes as where it checks', async () => {
    const moving = ONE_DATABASE.replace("'orders', orders", "'orders', { ...orders, image: 'postgres:18' }")
    expect(moving).not.toBe(ONE_DATABASE)
    const directory = project(moving)
    const warning = /^warning: Database shop\/orders: postgres:18 moves: .*\n$/
    expect(await runCli(['synth'], { directory })).toMatchObject({ code: 0, stderr: expect.stringMatching(warning) })
    const { code, stderr, stdout } = await runCli(['synth', '--check', '-o', 'json'], { directory })
    expect([code, stderr]).toEqual([0, ''])
    expect(JSON.parse(stdout)).toMatchObject({ warnings: [expect.stringContaining('postgres:18 moves')] })
  })

  test('says in three lines what is wrong with a construct, without a stack trace', async () => {
    const main = `${PREAMBLE}
new Database(new Chart(app, 'shop', { namespace: 'shop' }), 'orders', { ...orders, replicas: 0, password: 'hunter2' })
app.synth()
`
    const { code, stdout, stderr } = await runCli(['synth'], { directory: project(main) })
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr.split('\n')).toEqual([
      'error: spec.replicas: replicas must be at least 1: the primary',
      expect.stringMatching(
        /^ {7}password holds a password, which would end up in Git: .*credentials\.existingSecret, or /,
      ),
      '   at: shop/orders',
      '  try: correct the props of that construct and synthesise again',
      '',
    ])
    expect(stderr).not.toContain('hunter2')
  })

  test.each<[args: string[], message: RegExp]>([
    [['synth'], /^error: there is no cdk8s\.yaml here\n {3}at: .*\n {2}try: /],
    [['synth', '--check', '--stdout'], /^error: --check and --stdout exclude each other\n/],
    [['synth', '-o', 'yaml'], /^error: -o yaml is not a format\n {2}try: use -o human or -o json\n$/],
    [
      ['synth', '--color', 'sometimes'],
      /^error: --color sometimes is not possible\n {2}try: use auto, always or never\n$/,
    ],
    [['synth', '--chek'], /^error: unknown flag --chek\n {2}try: did you mean --check\?\n$/],
    [['synth', 'orders'], /^error: unexpected argument orders\n/],
    [['snyth'], /^error: unknown command snyth\n {2}try: did you mean synth\?\n$/],
    [['frobnicate'], /^error: unknown command frobnicate\n {2}try: cdk8s-database --help\n$/],
    [['--frobnicate'], /^error: unknown flag --frobnicate\n/],
    [['apply', '--timeout', '10'], /^error: --timeout 10 is not a duration\n/],
    [['apply', '--dry-run=client'], /^error: --dry-run=client is not possible\n {2}try: use --dry-run=server/],
    [['apply', '-o', 'xml'], /^error: -o xml is not a format\n/],
    [['status', '-o', 'xml'], /^error: -o xml is not a format\n/],
  ])('%j ends with 2 and an error of three lines at most', async (args, message) => {
    const { code, stdout, stderr } = await runCli(args, { directory: scratchDirectory() })
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(message)
    expect(stderr.trimEnd().split('\n').length).toBeLessThanOrEqual(3)
  })

  test.each<[args: string[], kind: string, failure: object]>([
    [['synth'], 'SynthReport', { message: 'there is no cdk8s.yaml here', exitCode: 2 }],
    [['synth', '--chek'], 'SynthReport', { message: 'unknown flag --chek', remedy: 'did you mean --check?' }],
    [['synth', '--stdout'], 'SynthReport', { message: '--stdout and -o json exclude each other' }],
    [['apply', '--timeout', '10'], 'ApplyReport', { message: '--timeout 10 is not a duration' }],
    [['apply', '--color', 'x'], 'ApplyReport', { message: '--color x is not possible' }],
    [['apply', '--kubeconfig', '/nonexistent'], 'ApplyReport', { message: 'the kubeconfig file does not exist' }],
    [['diff', 'orders'], 'DiffReport', { message: 'unexpected argument orders' }],
    [['delete', '--timeout', 'x'], 'DeleteReport', { message: '--timeout x is not a duration' }],
    [['status', '--wacht'], 'StatusReport', { message: 'unknown flag --wacht' }],
    [['status', '--kubeconfig', '/nonexistent'], 'StatusReport', { message: 'the kubeconfig file does not exist' }],
  ])('%j with -o json is one document that says what went wrong', async ([name = '', ...args], kind, failure) => {
    for (const argv of [
      [name, '-o', 'json', ...args],
      [name, ...args, '--output=json'],
    ]) {
      const { code, stdout } = await runCli(argv, { directory: scratchDirectory() })
      expect(code).toBe(2)
      expect(JSON.parse(stdout)).toMatchObject({ kind, failures: [failure], exitCode: 2 })
      expect(JSON.parse(stdout)).not.toHaveProperty('failures.0.what')
    }
  })
})
