import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import type { ExecPlugin } from '../../src/cluster/credential-source.ts'
import { execCredentials } from '../../src/cluster/exec-credentials.ts'
import { runPlugin } from '../../src/cluster/exec-plugin.ts'
import { oidcCredentials } from '../../src/cluster/oidc-credentials.ts'
import { tokenFileCredentials } from '../../src/cluster/token-file-credentials.ts'
import { issueCertificate } from './certificate.ts'
import {
  authority,
  clientOf,
  configMap,
  failureOf,
  impatientClock,
  json,
  refusal,
  startFake,
} from './fake-api-server.ts'

const apiVersion = 'client.authentication.k8s.io/v1'
const settings = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'shop', name: 'settings' }

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'plugin-'))
  onTestFinished(() => rm(directory, { recursive: true }))
})

/** A plugin that is a Node script; it also writes a line to `runs` each time. */
async function plugin(script: string, more: Partial<ExecPlugin> = {}): Promise<ExecPlugin> {
  const path = join(directory, 'plugin.mjs')
  await writeFile(
    path,
    `import { appendFileSync } from 'node:fs'\nappendFileSync(${JSON.stringify(join(directory, 'runs'))}, process.pid + '\\n')\n${script}`,
  )
  return { command: process.execPath, args: [path], environment: {}, apiVersion, ...more }
}

const printing = (status: Record<string, unknown>): string =>
  `console.log(${JSON.stringify(JSON.stringify({ kind: 'ExecCredential', apiVersion, status }))})`

const runs = async (): Promise<readonly number[]> =>
  (await readFile(join(directory, 'runs'), 'utf8')).trim().split('\n').map(Number)

const surroundings = { environment: {}, timeoutMs: 10_000, now: () => Date.now() }

describe('an exec plugin', () => {
  test('gives a token, and may rely on its environment', async () => {
    const echo = await plugin(
      `console.log(JSON.stringify({ kind: 'ExecCredential', apiVersion: JSON.parse(process.env.KUBERNETES_EXEC_INFO).apiVersion, status: { token: process.env.INHERITED + process.env.OWN + JSON.parse(process.env.KUBERNETES_EXEC_INFO).spec.interactive } }))`,
      { environment: { OWN: '-own-' } },
    )
    const credential = await runPlugin(echo, { ...surroundings, environment: { INHERITED: 'inherited' } })
    expect(credential).toEqual({ authorization: 'Bearer inherited-own-false' })
  })

  test('is told about the cluster where the kubeconfig says so', async () => {
    const echo = await plugin(
      `console.log(JSON.stringify({ kind: 'ExecCredential', apiVersion: '${apiVersion}', status: { token: new URL(JSON.parse(process.env.KUBERNETES_EXEC_INFO).spec.cluster.server).host } }))`,
      { cluster: { server: 'https://red.example.com:6443' } },
    )
    expect(await runPlugin(echo, surroundings)).toEqual({ authorization: 'Bearer red.example.com:6443' })
  })

  test('that reads standard input finds it empty instead of waiting for ever', async () => {
    const reader = await plugin(`for await (const _ of process.stdin);\n${printing({ token: 'after-input' })}`)
    expect(await runPlugin(reader, surroundings)).toEqual({ authorization: 'Bearer after-input' })
  })

  test('that hangs is ended by the time limit, with its process', async () => {
    const hanging = await plugin('setInterval(() => {}, 1000)')
    const error = await failureOf(runPlugin(hanging, { ...surroundings, timeoutMs: 500 }))
    expect(error).toMatchObject({
      name: 'CredentialError',
      message: expect.stringContaining('did not finish within 0.5 s'),
    })
    const [pid = 0] = await runs()
    await expect.poll(() => isAlive(pid)).toBe(false)
  })

  test.each([
    [
      'fails',
      `console.error('\\n  \\u001b[31mno session for ann\\n canary-detail'); process.exit(3)`,
      /failed with exit code 3: \[31mno session for ann$/,
    ],
    ['is killed', `process.kill(process.pid, 'SIGTERM'); setInterval(() => {}, 1000)`, /failed with SIGTERM/],
    ['prints garbage', `console.log('canary not json')`, /printed something that is not JSON$/],
    ['prints something else', `console.log('{"kind":"Pod"}')`, /did not print an ExecCredential/],
    [
      'prints another version',
      `console.log('{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1beta1","status":{"token":"canary"}}')`,
      /another apiVersion/,
    ],
    ['prints no credential', printing({}), /neither a token nor a client certificate/],
    ['prints half a certificate', printing({ clientCertificateData: 'canary' }), /half of a client certificate/],
    ['prints a token with a line break', printing({ token: 'canary\nsecret' }), /cannot stand in a header/],
    ['prints a token that is a number', printing({ token: 7 }), /status\.token that is not a string/],
    [
      'prints an expired credential',
      printing({ token: 'canary', expirationTimestamp: '2020-01-01T00:00:00Z' }),
      /expired at 2020/,
    ],
    ['prints a time that is none', printing({ token: 'canary', expirationTimestamp: 'tomorrow' }), /not a time/],
    ['prints ten megabytes', `process.stdout.write('canary'.repeat(1_700_000))`, /more than 1 MiB/],
  ])('that %s is an error without any secret', async (_, script, message) => {
    const error = await failureOf(runPlugin(await plugin(script), surroundings))
    expect(error).toMatchObject({ name: 'CredentialError', message: expect.stringMatching(message) })
    expect(String(error)).not.toContain('canary')
  })

  test('that is not installed is told with the hint of the kubeconfig', async () => {
    const missing = await plugin('', { command: 'no-such-plugin', installHint: 'brew install it\n' })
    expect(await failureOf(runPlugin(missing, surroundings))).toMatchObject({
      message: 'the exec plugin no-such-plugin was not found',
      hint: 'brew install it',
    })
  })

  test('that may not be executed is told so', async () => {
    const path = join(directory, 'plain.txt')
    await writeFile(path, 'text')
    await chmod(path, 0o600)
    const error = await failureOf(runPlugin(await plugin('', { command: path }), surroundings))
    expect(String(error)).toContain('could not be started: EACCES')
  })
})

describe('credentials of an exec plugin', () => {
  test('are asked for once by many requests at the same time, and kept', async () => {
    const credentials = execCredentials(await plugin(printing({ token: 'one' })), { environment: {} })
    const all = await Promise.all(Array.from({ length: 10 }, () => credentials.current()))
    expect(new Set(all.map(({ authorization }) => authorization))).toEqual(new Set(['Bearer one']))
    await credentials.current()
    expect(await runs()).toHaveLength(1)
  })

  test('are renewed when they expire', async () => {
    let now = Date.parse('2030-01-01T00:00:00Z')
    const source = await plugin(printing({ token: 'one', expirationTimestamp: '2030-01-01T01:00:00Z' }))
    const credentials = execCredentials(source, { environment: {}, now: () => now })
    await credentials.current()
    now += 3_599_000
    await credentials.current()
    expect(await runs()).toHaveLength(1)
    now += 2000
    expect(String(await failureOf(credentials.current()))).toContain('expired')
    expect(await runs()).toHaveLength(2)
  })

  test('a plugin that fails is asked again next time', async () => {
    const credentials = execCredentials(
      await plugin(`import { readFileSync } from 'node:fs'
        if (readFileSync(${JSON.stringify(join(directory, 'runs'))}, 'utf8').split('\\n').length < 3) process.exit(1)
        ${printing({ token: 'second' })}`),
      { environment: {} },
    )
    expect(await failureOf(credentials.current())).toMatchObject({ name: 'CredentialError' })
    expect(await credentials.current()).toEqual({ authorization: 'Bearer second' })
  })

  test('are announced before the plugin runs', async () => {
    const announced: string[] = []
    const source = await plugin(printing({ token: 'one' }))
    await execCredentials(source, { environment: {}, onPlugin: ({ command }) => announced.push(command) }).current()
    expect(announced).toEqual([process.execPath])
  })

  test('a certificate that the plugin prints is what the connection uses', async () => {
    const pair = issueCertificate(authority, { commonName: 'ann' })
    const source = await plugin(printing({ clientCertificateData: pair.certificate, clientKeyData: pair.key }))
    expect(await execCredentials(source, { environment: {} }).current()).toEqual({ clientCertificate: pair })
  })
})

describe('a rejected credential (401)', () => {
  /** Accepts only the given token. */
  const demanding =
    (token: string): Parameters<typeof startFake>[0] =>
    (request, response) =>
      (request.headers.authorization === `Bearer ${token}`
        ? json(configMap('settings'))
        : refusal(401, 'Unauthorized'))(request, response)

  const exec = (source: ExecPlugin) => ({ credentials: { authentication: { kind: 'exec' as const, plugin: source } } })

  /** Gives token-1, token-2, … */
  const counting = (): Promise<ExecPlugin> =>
    plugin(`import { readFileSync } from 'node:fs'
      const count = readFileSync(${JSON.stringify(join(directory, 'runs'))}, 'utf8').trim().split('\\n').length
      console.log(JSON.stringify({ kind: 'ExecCredential', apiVersion: '${apiVersion}', status: { token: 'token-' + count } }))`)

  test('is renewed once, by one plugin for all requests, and the requests are sent again', async () => {
    const fake = await startFake(demanding('token-2'))
    const client = clientOf(fake, {}, exec(await counting()))
    const all = await Promise.all(Array.from({ length: 5 }, () => client.get(settings)))
    expect(all.map((object) => object?.metadata.name)).toEqual(Array(5).fill('settings'))
    expect(await runs()).toHaveLength(2)
  })

  test('that is rejected again is an error, not a loop', async () => {
    const fake = await startFake(refusal(401, 'Unauthorized'))
    const error = await failureOf(clientOf(fake, { clock: impatientClock() }, exec(await counting())).get(settings))
    expect(error).toMatchObject({ name: 'CredentialError', rejected: true })
    expect(String(error)).not.toContain('token-')
    expect(fake.requests).toHaveLength(2)
    expect(await runs()).toHaveLength(2)
  })

  test('is renewed for a create too: it was not executed', async () => {
    const fake = await startFake(demanding('token-2'))
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings', namespace: 'shop' } }
    await clientOf(fake, {}, exec(await counting())).create(object)
    expect(fake.requests.map(({ method }) => method)).toEqual(['POST', 'POST'])
  })

  test('of a pod is read again from its file', async () => {
    const path = join(directory, 'token')
    await writeFile(path, 'old')
    const fake = await startFake(demanding('new'))
    const client = clientOf(fake, {}, { credentials: { authentication: { kind: 'token-file', path } } })
    await failureOf(client.get(settings))
    await writeFile(path, 'new\n')
    expect(await client.get(settings)).toBeDefined()
    expect(fake.requests.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer old',
      'Bearer old',
      'Bearer new',
    ])
  })
})

describe('a token file', () => {
  test('is read again after a minute, because a pod gets a new token while the old one is still good', async () => {
    const path = join(directory, 'token')
    let now = 0
    const credentials = tokenFileCredentials({ path }, () => now)
    await writeFile(path, 'one')
    expect(await credentials.current()).toEqual({ authorization: 'Bearer one' })
    await writeFile(path, 'two')
    now = 59_000
    expect(await credentials.current()).toEqual({ authorization: 'Bearer one' })
    now = 60_000
    expect(await credentials.current()).toEqual({ authorization: 'Bearer two' })
  })

  test('that is missing, empty or odd is told without its content', async () => {
    const path = join(directory, 'token')
    const problem = async (): Promise<string> => String(await failureOf(tokenFileCredentials({ path }).current()))
    expect(await problem()).toBe(`CredentialError: cannot read the token file ${path}: ENOENT`)
    await writeFile(path, '\n')
    expect(await problem()).toContain('is empty')
    await writeFile(path, 'canary\nsecret')
    expect(await problem()).not.toContain('canary')
  })

  test('that is missing gives way to the token beside it', async () => {
    const credentials = tokenFileCredentials({ path: join(directory, 'token'), fallback: 'spare' })
    expect(await credentials.current()).toEqual({ authorization: 'Bearer spare' })
  })
})

describe('other ways to log in', () => {
  test('a user name and password', async () => {
    const fake = await startFake(json(configMap('settings')))
    const credentials = { authentication: { kind: 'basic' as const, username: 'ann', password: 'pw' } }
    await clientOf(fake, {}, { credentials }).get(settings)
    expect(fake.requests[0]?.headers.authorization).toBe('Basic YW5uOnB3')
  })

  test('nothing at all', async () => {
    const fake = await startFake(json(configMap('settings')))
    await clientOf(fake, {}, { credentials: { authentication: { kind: 'none' } } }).get(settings)
    expect(fake.requests[0]?.headers.authorization).toBeUndefined()
  })

  test('impersonation is sent with every part', async () => {
    const fake = await startFake(json(configMap('settings')))
    await clientOf(
      fake,
      {},
      { impersonation: { user: 'ann', uid: '7', groups: ['dev', 'ops'], extra: { 'Reason/x': ['audit'] } } },
    ).get(settings)
    expect(fake.requests[0]?.headers).toMatchObject({
      'impersonate-user': 'ann',
      'impersonate-uid': '7',
      'impersonate-group': 'dev, ops',
      'impersonate-extra-reason%2fx': 'audit',
    })
  })

  const unsigned = (claims: Record<string, unknown>): string =>
    ['{"alg":"none"}', JSON.stringify(claims), 'signature']
      .map((part) => Buffer.from(part).toString('base64url'))
      .join('.')

  test('OpenID Connect, with a token that is still good', async () => {
    const token = unsigned({ exp: Math.round(Date.now() / 1000) + 3600 })
    expect(await (await oidcCredentials({ user: 'ann', config: { 'id-token': token } })).current()).toEqual({
      authorization: `Bearer ${token}`,
    })
  })

  test('OpenID Connect, with a token that cannot be renewed, is an error without the token', async () => {
    const token = unsigned({ exp: 1 })
    const error = await failureOf((await oidcCredentials({ user: 'ann', config: { 'id-token': token } })).current())
    expect(error).toMatchObject({ name: 'CredentialError', hint: expect.stringContaining('log in again') })
    expect(String(error)).not.toContain(token)
  })
})

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    // ESRCH: there is no such process.
    return false
  }
}
