/** No secret is ever shown: unique texts are planted wherever a secret can be, and everything written is searched. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { formatsOf } from '../../src/report/format.ts'
import type { Command, CommandContext } from '../../src/commands/command.ts'
import { runCommand } from '../../src/commands/run.ts'
import { openSession } from '../../src/commands/session.ts'
import type { KubernetesObject } from '../../src/api/object.ts'
import { createNamespace, useCluster } from '../cluster/shared.ts'
import { recordedOutput } from '../report/recorded-output.ts'
import type { RecordedOutput } from '../report/recorded-output.ts'
import { canary, leaksIn, takeFiles, tracesOf } from './canary.ts'
import { cli } from './command.ts'
import type { CommandResult } from './command.ts'
import { installDefinition, labManifest, password } from './database.ts'

const cluster = await useCluster()
const scratch = mkdtempSync(join(tmpdir(), 'canary-'))
/** Everything that the program writes beside its output ends up here. */
const written = join(scratch, 'written')
mkdirSync(written)
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

/** Every secret so far: none may show in anything that is written from now on. */
const secrets = new Set<string>()
function plant(): string {
  const secret = canary()
  secrets.add(secret)
  return secret
}

/** Objects with a secret in every place that can hold one, a fresh one in each. */
function planted(namespace: string): object[] {
  const metadata = (name: string, annotations: object = {}): object => ({ name, namespace, annotations })
  const copy = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'x' }, stringData: { password: plant() } }
  return [
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: metadata('by-data', { note: plant() }),
      data: { password: btoa(plant()), [`gone-${plant().slice(0, 4)}`]: btoa(plant()) },
    },
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: metadata('by-text'),
      stringData: { uri: `postgres://orders:${plant()}@db/shop` },
    },
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: metadata('settings', { 'example.com/copy': JSON.stringify(copy) }),
      data: {
        DB_PASSWORD: plant(),
        'app.properties': `url=postgres://orders:${plant()}@db/shop\nclient_secret = ${plant()}\n`,
        'app.json': JSON.stringify({ database: { password: plant() } }),
        pgpass: `db:5432:*:orders:${plant()}`,
      },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: metadata('workload'),
      spec: {
        replicas: 0,
        serviceName: 'none',
        selector: { matchLabels: { app: 'workload' } },
        template: {
          metadata: { labels: { app: 'workload' } },
          spec: {
            containers: [
              {
                name: 'app',
                image: 'app:1',
                args: ['--password', plant(), `--token=${plant()}`],
                env: [
                  { name: 'API_TOKEN', value: plant() },
                  { name: 'DATABASE_URL', value: `postgres://orders:${plant()}@db/shop` },
                ],
              },
            ],
          },
        },
      },
    },
  ]
}

/** Objects that the server will not have, and whose values it quotes when it says so. */
function rejected(namespace: string): KubernetesObject[] {
  const metadata = { name: 'rejected', namespace }
  const secret = (fields: object): object => ({ apiVersion: 'v1', kind: 'Secret', metadata, ...fields })
  const pod = (fields: object): object => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata,
    spec: { containers: [{ name: 'app', image: 'app:1', ...fields }] },
  })
  return [
    secret({ data: { password: { nested: plant() } } }),
    secret({ data: { password: `not base64 ${plant()}` } }),
    secret({ data: [plant()] }),
    secret({ stringData: plant() }),
    secret({ metadata: { ...metadata, annotations: { note: { nested: plant() } } } }),
    { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { DB_PASSWORD: { nested: plant() } } },
    pod({ env: [{ name: 'API_TOKEN', value: { nested: plant() } }] }),
    pod({ env: { API_TOKEN: plant() } }),
    pod({ args: `--password=${plant()}` }),
    pod({ args: ['--password', plant()], livenessProbe: { periodSeconds: 'x' } }),
    pod({ livenessProbe: { httpGet: { port: `postgres://orders:${plant()}@db/shop` } } }),
  ] as KubernetesObject[]
}

const yaml = (objects: readonly object[]): string => objects.map((object) => stringify(object)).join('---\n')

/** How a command is run here: everything it may write is caught, and a step summary is asked for. */
interface Run {
  readonly stdin?: string
  readonly kubeconfig?: string
  /** In a process of its own, which may also write what no command does. @default false */
  readonly spawned?: boolean
}

/** Runs a command and searches everything that it wrote. */
async function run(args: readonly string[], options: Run = {}): Promise<CommandResult> {
  const { stdin = '', kubeconfig = cluster.kubeconfig, spawned = false } = options
  const environment = { TMPDIR: written, HOME: written, GITHUB_STEP_SUMMARY: join(written, 'step-summary.md') }
  const result = spawned
    ? await cli(args, { kubeconfig, stdin, directory: written, environment })
    : await runHere(args, { KUBECONFIG: kubeconfig, PATH: process.env['PATH'], ...environment }, stdin)
  const { stdout, stderr } = result
  const outputs = [{ file: 'stdout', text: stdout }, { file: 'stderr', text: stderr }, ...takeFiles(written)]
  for (const { file, text } of outputs)
    expect(leaksIn(text, secrets), `${file} of cdk8s-database ${args.join(' ')}`).toEqual([])
  return result
}

/** Runs a command in this process: a start of Node for each of them would take minutes. */
async function runHere(
  [name = '', ...argv]: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
  stdin: string,
): Promise<CommandResult> {
  const { command } = (await import(`../../src/commands/${name}.ts`)) as { command: Command }
  const context = contextOf(environment, stdin)
  const code = await runCommand(command, argv, () => Promise.resolve(context))
  return { code, stdout: context.output.text, stderr: context.output.messages }
}

function contextOf(
  environment: Readonly<Record<string, string | undefined>>,
  stdin: string,
): CommandContext & { readonly output: RecordedOutput } {
  return {
    output: recordedOutput(),
    environment,
    home: written,
    directory: written,
    standardInput: () => stdin,
    signal: new AbortController().signal,
    now: () => Date.now(),
  }
}

/** Every command that reads manifests, in all its formats. A new command or flag is one more line. */
const COMMANDS: readonly { readonly kind: string; readonly args: readonly string[] }[] = [
  { kind: 'DiffReport', args: ['diff'] },
  { kind: 'ApplyReport', args: ['apply', '--dry-run', '--diff'] },
  {
    kind: 'DiffReport',
    args: ['diff', '--force-conflicts', '--verify-with-dry-run', '--out', join(written, 'plan.json')],
  },
  { kind: 'ApplyReport', args: ['apply', '--force-conflicts', '--diff', '--timeout', '60s'] },
  { kind: 'DeleteReport', args: ['delete', '--only', 'ConfigMap/settings', '--timeout', '30s'] },
]

let namespace = ''
beforeAll(async () => {
  await installDefinition(cluster)
  namespace = await createNamespace(cluster, 'canary')
  const { code, stderr } = await cluster.kubectl(['apply', '-f', '-'], { stdin: yaml(planted(namespace)) })
  if (code !== 0) throw new Error(stderr)
  const database = await cli(['apply', '-f', '-', '-n', namespace, '--timeout', '60s', '-v'], {
    kubeconfig: cluster.kubeconfig,
    stdin: labManifest(),
  })
  if (database.code !== 0) throw new Error(database.stderr)
  secrets.add(await password(cluster, namespace))
  expect(leaksIn(database.stdout + database.stderr, secrets)).toEqual([])
})

describe('the search', () => {
  test('finds a secret however it is written', () => {
    const secret = canary()
    for (const text of [
      secret,
      `"${secret.slice(0, 20)}…`,
      encodeURIComponent(secret),
      btoa(secret),
      btoa(`{"password":"${secret}"}`),
      btoa(`{"a":"${secret}"}`),
      btoa(`x${secret}y`),
      Buffer.from(`xy${secret}`).toString('base64url'),
    ])
      expect(leaksIn(`before\n${text}\nafter`, [secret]), text).toHaveLength(1)
    expect(leaksIn('nothing of the kind', [secret])).toEqual([])
    expect(tracesOf(secret).every(({ length }) => length >= 8)).toBe(true)
  })
})

describe.each(COMMANDS)('$args', ({ kind, args }) => {
  test.each(formatsOf(kind))('shows no secret with -o %s', async (format) => {
    const stdin = `${yaml(planted(namespace))}---\n${labManifest()}`
    for (const verbose of [[], ['-v']]) {
      const { stdout, stderr } = await run([...args, '-f', '-', '-n', namespace, '-o', format, ...verbose], { stdin })
      if (args[0] === 'diff' && format !== 'name') expect(stdout, stderr).toMatch(/\*{3} \(#\d+\)/)
    }
  })

  test('shows no secret from a process of its own', async () => {
    const stdin = `${yaml(planted(namespace))}---\n${labManifest()}`
    const { stdout, stderr } = await run([...args, '-f', '-', '-n', namespace, '-v'], { stdin, spawned: true })
    expect(`${stdout}${stderr}`).not.toBe('')
  })

  test('shows no secret of objects that the server rejects', async () => {
    const database = parse(labManifest()) as { spec: object }
    const refused = { ...database, spec: { ...database.spec, password: plant() } }
    for (const format of args.length === 1 ? ['human', 'json'] : ['human']) {
      for (const object of [...rejected(namespace), refused]) {
        const words = [...args, '-f', '-', '-n', namespace, '-o', format, '-v']
        const { code, stdout, stderr } = await run(words, { stdin: yaml([object]) })
        if (args[0] !== 'delete') expect(code, `${stdout}${stderr}`).toBeGreaterThan(0)
      }
    }
  })

  test('shows no secret of manifests that cannot be read', async () => {
    for (const format of formatsOf(kind)) {
      for (const stdin of [
        `apiVersion: v1\nkind: Secret\nstringData:\n  password: ${plant()}: ${plant()}\n`,
        `apiVersion: v1\nkind: Secret\nstringData: {password: "${plant()}\n`,
        `kind: Secret\nstringData:\n  password: ${plant()}\n`,
        `{"apiVersion":"v1","kind":"Secret","stringData":{"password":"${plant()}"`,
        `apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata:\n  password: ${plant()}\n  password: ${plant()}\n`,
        `- ${plant()}\n`,
      ]) {
        const { code, stderr } = await run([...args, '-f', '-', '-o', format, '-v'], { stdin })
        expect(code, stderr).toBe(2)
      }
    }
  })
})

describe('a stored plan', () => {
  test('holds no secret, and applying it shows none', async () => {
    const [file, kept] = [join(written, 'plan.json'), join(scratch, 'plan.json')]
    const input = ['-f', '-', '-n', namespace, '-v']
    const stdin = yaml(planted(namespace))
    const words = ['diff', '--force-conflicts', '--out', kept, ...input]
    const { code, stderr } = await run(words, { stdin })
    expect(code, stderr).toBe(1)
    const text = readFileSync(kept, 'utf8')
    expect(leaksIn(text, secrets)).toEqual([])
    expect(text).toContain('*** (#1)')
    const [moved] = planted(namespace)
    await cluster.kubectl(['apply', '--server-side', '--force-conflicts', '-f', '-'], { stdin: yaml([moved ?? {}]) })
    expect((await run(['apply', '--plan', kept, ...input], { stdin })).code).toBe(3)
    writeFileSync(file, text.slice(0, -9))
    expect((await run(['apply', '--plan', file, ...input], { stdin })).code).toBe(2)
  })
})

describe('status', () => {
  test.each(formatsOf('StatusReport'))('shows no secret with -o %s', async (format) => {
    const { code, stderr } = await run(['status', '-n', namespace, '-o', format, '-v'])
    expect(code, stderr).toBe(0)
  })
})

describe('an error of the API server', () => {
  test('holds no secret of what was sent, although the server quotes it', async () => {
    const session = await openSession({ namespace }, contextOf({ KUBECONFIG: cluster.kubeconfig }, ''), () => undefined)
    const quoted: string[] = []
    try {
      for (const object of rejected(namespace)) {
        const error: unknown = await session.api
          .apply(object, { manager: 'canary', dryRun: true, force: false })
          .catch((reason: unknown) => reason)
        expect(error).toBeInstanceOf(Error)
        const text = inspect(error, { depth: 9, showHidden: true })
        expect(leaksIn(text, secrets)).toEqual([])
        if (text.includes('***')) quoted.push(object.kind)
      }
    } finally {
      session.close()
    }
    expect(quoted.length).toBeGreaterThanOrEqual(7)
  })
})

describe('a kubeconfig', () => {
  interface Kubeconfig {
    users: { name: string; user: object }[]
  }

  test.each<[what: string, user: () => object]>([
    ['a token that the server rejects', () => ({ token: plant() })],
    ['a key that is none', () => ({ 'client-certificate-data': btoa(plant()), 'client-key-data': btoa(plant()) })],
    ['a name and a password', () => ({ username: 'admin', password: plant() })],
    [
      'a program that prints no credential',
      () => ({
        exec: {
          apiVersion: 'client.authentication.k8s.io/v1',
          command: 'echo',
          args: [plant()],
          env: [{ name: 'TOKEN', value: plant() }],
          interactiveMode: 'Never',
        },
      }),
    ],
    [
      'a token of an identity provider',
      () => ({
        'auth-provider': {
          name: 'oidc',
          config: { 'id-token': plant(), 'refresh-token': plant(), 'client-secret': plant() },
        },
      }),
    ],
  ])('shows nothing of %s', async (_what, user) => {
    const config = parse(readFileSync(cluster.kubeconfig, 'utf8')) as Kubeconfig
    const file = join(scratch, 'kubeconfig')
    writeFileSync(file, stringify({ ...config, users: config.users.map(({ name }) => ({ name, user: user() })) }))
    for (const args of [['status'], ['diff', '-f', '-'], ['apply', '-f', '-', '-o', 'json']]) {
      const { code, stderr } = await run([...args, '-n', namespace, '-v'], {
        stdin: labManifest(),
        kubeconfig: file,
      })
      expect(code, stderr).toBeGreaterThan(0)
    }
  })

  test('shows nothing of a file that cannot be read', async () => {
    const file = join(scratch, 'broken')
    for (const text of [
      `users:\n- name: a\n  user: {token: "${plant()}\n`,
      `token: ${plant()}: ${plant()}\n`,
      `{"token":"${plant()}"`,
    ]) {
      writeFileSync(file, text)
      expect((await run(['status', '-v'], { kubeconfig: file })).code).toBe(2)
    }
  })
})
