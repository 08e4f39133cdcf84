import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { stringify } from 'yaml'
import type { ClusterConnection } from '../../src/cluster/cluster-connection.ts'
import { KubeconfigError } from '../../src/cluster/errors.ts'
import { supportsProxies } from '../../src/cluster/kubeconfig-cluster.ts'
import { loadKubeconfig } from '../../src/cluster/kubeconfig.ts'
import type { KubeconfigOptions } from '../../src/cluster/kubeconfig-options.ts'
import { createCertificateAuthority, issueCertificate } from './certificate.ts'
import { failureOf } from './fake-api-server.ts'

const authority = createCertificateAuthority('kubeconfig authority')
const client = issueCertificate(authority, { commonName: 'ann', organizations: ['dev'] })
const base64 = (value: string): string => Buffer.from(value).toString('base64')

interface Parts {
  readonly cluster?: Record<string, unknown>
  readonly user?: Record<string, unknown>
  readonly context?: Record<string, unknown>
  readonly name?: string
}

/** A kubeconfig with one context, `red` unless named otherwise. */
const kubeconfig = ({ cluster = {}, user = { token: 'canary-token' }, context = {}, name = 'red' }: Parts = {}): Record<
  string,
  unknown
> => ({
  apiVersion: 'v1',
  kind: 'Config',
  'current-context': name,
  clusters: [{ name: `${name}-cluster`, cluster: { server: `https://${name}.example.com:6443`, ...cluster } }],
  users: [{ name: `${name}-user`, user }],
  contexts: [{ name, context: { cluster: `${name}-cluster`, user: `${name}-user`, ...context } }],
})

async function directoryWith(files: Readonly<Record<string, string | Record<string, unknown>>>): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'kubeconfig-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  for (const [name, content] of Object.entries(files)) {
    const path = join(directory, name)
    await mkdir(join(path, '..'), { recursive: true })
    await writeFile(path, typeof content === 'string' ? content : stringify(content))
  }
  return directory
}

/** Loads one file, given as `--kubeconfig`. */
async function load(
  content: string | Record<string, unknown>,
  options: Partial<KubeconfigOptions> = {},
): Promise<ClusterConnection> {
  const directory = await directoryWith({ config: content })
  return loadKubeconfig({ environment: {}, flag: join(directory, 'config'), ...options })
}

/** What loading fails with: message, where (without the temporary directory) and hint. */
async function problemOf(
  content: string | Record<string, unknown>,
  options: Partial<KubeconfigOptions> = {},
): Promise<string> {
  const error = await failureOf(load(content, options))
  if (!(error instanceof KubeconfigError)) throw error
  const where = error.where?.replaceAll(/\/\S*kubeconfig-[^/]*\//g, '')
  return [error.message, where, error.hint].filter((part) => part !== undefined).join(' | ')
}

describe('where a kubeconfig comes from', () => {
  test('the flag goes before KUBECONFIG, and KUBECONFIG before the home directory', async () => {
    const directory = await directoryWith({
      flag: kubeconfig({ name: 'flag' }),
      environment: kubeconfig({ name: 'environment' }),
      '.kube/config': kubeconfig({ name: 'home' }),
    })
    const contextOf = async (options: Partial<KubeconfigOptions>): Promise<string> =>
      (await loadKubeconfig({ environment: {}, home: directory, ...options })).context
    const environment = { KUBECONFIG: join(directory, 'environment') }
    expect(await contextOf({ environment, flag: join(directory, 'flag') })).toBe('flag')
    expect(await contextOf({ environment })).toBe('environment')
    expect(await contextOf({})).toBe('home')
    expect(await contextOf({ environment: { KUBECONFIG: '' } })).toBe('home')
  })

  test('in a list, the first file that has a name or a current-context wins, and files that are missing are skipped', async () => {
    const directory = await directoryWith({
      one: { ...kubeconfig({ name: 'red', cluster: { server: 'https://first.example.com' } }), 'current-context': '' },
      two: {
        ...kubeconfig({ name: 'red', user: { token: 'second' }, context: { namespace: 'second' } }),
        'current-context': 'blue',
      },
      three: kubeconfig({ name: 'blue' }),
    })
    const list = ['missing', 'one', '', 'two', 'three', 'one'].map((name) => (name === '' ? '' : join(directory, name)))
    const environment = { KUBECONFIG: list.join(delimiter) }
    expect((await loadKubeconfig({ environment })).context).toBe('blue')
    const red = await loadKubeconfig({ environment, context: 'red' })
    expect(red).toMatchObject({ server: new URL('https://first.example.com'), namespace: 'default' })
    expect(red.credentials).toEqual({ authentication: { kind: 'token', token: 'canary-token' } })
  })

  test('relative paths start from the file that they stand in', async () => {
    const directory = await directoryWith({
      'a/config': kubeconfig({
        cluster: { 'certificate-authority': 'ca.pem' },
        user: { 'client-certificate': '../keys/c.pem', 'client-key': '../keys/k.pem' },
      }),
      'a/ca.pem': authority.certificate,
      'keys/c.pem': client.certificate,
      'keys/k.pem': client.key,
      'b/config': kubeconfig({
        name: 'blue',
        user: { exec: { apiVersion: 'client.authentication.k8s.io/v1', command: './bin/plugin' } },
      }),
      'c/config': kubeconfig({ name: 'green', user: { tokenFile: 'token' } }),
    })
    const environment = { KUBECONFIG: ['a', 'b', 'c'].map((name) => join(directory, name, 'config')).join(delimiter) }
    const red = await loadKubeconfig({ environment })
    expect(red.certificateAuthority).toBe(authority.certificate)
    expect(red.credentials.clientCertificate).toEqual(client)
    const blue = await loadKubeconfig({ environment, context: 'blue' })
    expect(blue.credentials.authentication).toMatchObject({
      kind: 'exec',
      plugin: { command: join(directory, 'b/bin/plugin') },
    })
    const green = await loadKubeconfig({ environment, context: 'green' })
    expect(green.credentials.authentication).toEqual({ kind: 'token-file', path: join(directory, 'c/token') })
  })

  test('a relative flag starts from the working directory', async () => {
    const directory = await directoryWith({ config: kubeconfig() })
    expect((await loadKubeconfig({ environment: {}, flag: 'config', directory })).context).toBe('red')
  })

  test('nothing anywhere lists the places that were looked at', async () => {
    const error = await failureOf(
      loadKubeconfig({ environment: { KUBECONFIG: ['/nowhere/a', '/nowhere/b'].join(delimiter) }, home: '/nowhere' }),
    )
    expect(error).toMatchObject({
      name: 'KubeconfigError',
      message: 'no kubeconfig found',
      where: 'looked at /nowhere/a, /nowhere/b, the ServiceAccount of a pod (KUBERNETES_SERVICE_HOST)',
      hint: 'pass --kubeconfig FILE or set KUBECONFIG',
    })
  })

  test('a flag that names no file is an error, also inside a pod', async () => {
    const environment = { KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBERNETES_SERVICE_PORT: '443' }
    expect(await failureOf(loadKubeconfig({ environment, flag: '/nowhere/config' }))).toMatchObject({
      message: 'the kubeconfig file does not exist',
      hint: 'check the path that --kubeconfig names',
      where: '/nowhere/config',
    })
  })

  test('an empty file is told as such', async () => {
    expect(await problemOf('# nothing\n')).toContain('the kubeconfig is empty')
  })
})

describe('inside a pod', () => {
  const environment = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '6443' }

  test('the ServiceAccount is used when there is no kubeconfig', async () => {
    const directory = await directoryWith({ token: 'pod-token\n', 'ca.crt': authority.certificate, namespace: 'shop' })
    expect(await loadKubeconfig({ environment, serviceAccountDirectory: directory })).toMatchObject({
      context: 'in-cluster',
      namespace: 'shop',
      server: new URL('https://[fd00::1]:6443'),
      certificateAuthority: authority.certificate,
      credentials: { authentication: { kind: 'token-file', path: join(directory, 'token') } },
    })
  })

  test('a token that is not mounted is told with its path', async () => {
    const directory = await directoryWith({ 'ca.crt': authority.certificate })
    expect(await failureOf(loadKubeconfig({ environment, serviceAccountDirectory: directory }))).toMatchObject({
      where: join(directory, 'token'),
      hint: expect.stringContaining('automountServiceAccountToken'),
    })
  })
})

describe('what stands in a file', () => {
  test.each([
    ['text', 'just some text', /expected a mapping, found a string/],
    ['a JSON array', '[1, 2]', /expected a mapping, found a list/],
    ['tabs', 'clusters:\n\t- name: x', /^not valid YAML \(\w+\) \| config:\d/],
    ['another kind', { kind: 'Pod' }, /this is a Pod, not a kubeconfig/],
    ['a list that is a mapping', { clusters: {} }, /expected a list, found a mapping \| config\.clusters/],
    [
      'a server that is a number',
      kubeconfig({ cluster: { server: 6443 } }),
      /expected a string, found a number \| config: cluster "red-cluster"\.server/,
    ],
    [
      'a name twice',
      { ...kubeconfig(), contexts: [{ name: 'red' }, { name: 'red' }] },
      /duplicate name "red" \| config\.contexts\[1\]/,
    ],
  ] as [string, string | Record<string, unknown>, RegExp][])(
    '%s is refused with its place',
    async (_, content, message) => {
      expect(await problemOf(content)).toMatch(message)
    },
  )

  test('a line that cannot be parsed is not quoted: it may be a token', async () => {
    expect(await problemOf('users:\n- name: a\n  user: {token: "canary-secret\n')).not.toContain('canary')
  })

  test('JSON is YAML too', async () => {
    expect((await load(JSON.stringify(kubeconfig()))).context).toBe('red')
  })
})

describe('contexts', () => {
  test('an unknown one is told with those that are known', async () => {
    expect(await problemOf(kubeconfig(), { context: 'blue' })).toBe(
      'context "blue" does not exist | config | known contexts: red',
    )
  })

  test('none that is current asks for one', async () => {
    expect(await problemOf({ ...kubeconfig(), 'current-context': '' })).toBe(
      'no current-context is set | config | pass --context, one of: red',
    )
  })

  test.each(['cluster', 'user'])('a %s that does not exist is told with those that are known', async (key) => {
    expect(await problemOf(kubeconfig({ context: { [key]: 'blue' } }))).toBe(
      `${key} "blue" does not exist | config: context "red".${key} | known ${key}s: red-${key}`,
    )
  })

  test('the namespace of the flag goes before that of the context', async () => {
    const content = kubeconfig({ context: { namespace: 'shop' } })
    expect((await load(content)).namespace).toBe('shop')
    expect((await load(content, { namespace: 'other' })).namespace).toBe('other')
  })

  test('one without a user is anonymous', async () => {
    expect((await load(kubeconfig({ context: { user: '' } }))).credentials).toEqual({
      authentication: { kind: 'none' },
    })
  })
})

describe('the address of the server', () => {
  test.each([
    ['', /server is required/],
    ['red.example.com:6443', /"red\.example\.com:6443" has no scheme .* try https:\/\/red\.example\.com:6443/],
    ['localhost:6443', /has no scheme/],
    ['https://::1:6443', /is not a URL .* brackets/],
    ['https://red:99999', /is not a URL/],
    ['https://ann:pw@red.example.com', /host, port and path only/],
    ['http://red.example.com', /is not encrypted/],
    ['http://127.0.0.1:8001', /is not encrypted/],
  ])('%s is refused', async (server, message) => {
    expect(await problemOf(kubeconfig({ cluster: { server } }))).toMatch(message)
  })

  test.each(['https://red.example.com/k8s/clusters/c-1', 'https://[::1]:6443'])('%s is accepted', async (server) => {
    expect((await load(kubeconfig({ cluster: { server } }))).server.href).toContain(server)
  })

  test('http: is accepted for this machine, when that is allowed', async () => {
    const content = kubeconfig({ cluster: { server: 'http://127.0.0.1:8001' } })
    expect((await load(content, { allowInsecure: true })).server.protocol).toBe('http:')
    expect(
      await problemOf(kubeconfig({ cluster: { server: 'http://red.example.com' } }), { allowInsecure: true }),
    ).toContain('not encrypted')
  })
})

describe('trust', () => {
  test.each([
    [
      'data that is not base64',
      { 'certificate-authority-data': '%%%' },
      /not base64 \| config: cluster "red-cluster"\.certificate-authority-data/,
    ],
    ['data that is no certificate', { 'certificate-authority-data': base64('hello') }, /not a PEM certificate/],
    ['a file that is missing', { 'certificate-authority': 'nowhere.pem' }, /cannot read .*nowhere\.pem: ENOENT/],
    ['verification switched off', { 'insecure-skip-tls-verify': true }, /TLS verification is switched off/],
    [
      'verification switched off beside an authority',
      { 'insecure-skip-tls-verify': true, 'certificate-authority-data': base64(authority.certificate) },
      /exclude each other/,
    ],
  ])('%s is refused', async (_, cluster, message) => {
    expect(await problemOf(kubeconfig({ cluster }))).toMatch(message)
  })

  test('verification may be switched off when that is allowed', async () => {
    const content = kubeconfig({ cluster: { 'insecure-skip-tls-verify': true } })
    expect((await load(content, { allowInsecure: true })).insecureSkipTlsVerify).toBe(true)
  })

  test('NODE_TLS_REJECT_UNAUTHORIZED=0 is refused', async () => {
    expect(await problemOf(kubeconfig(), { environment: { NODE_TLS_REJECT_UNAUTHORIZED: '0' } })).toContain(
      'unset NODE_TLS_REJECT_UNAUTHORIZED',
    )
  })

  test('data goes before a file', async () => {
    const cluster = {
      'certificate-authority': 'nowhere.pem',
      'certificate-authority-data': base64(authority.certificate),
    }
    expect((await load(kubeconfig({ cluster }))).certificateAuthority).toBe(authority.certificate)
  })
})

describe('logging in', () => {
  const certificate = { 'client-certificate-data': base64(client.certificate), 'client-key-data': base64(client.key) }
  const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: 'plugin' }

  test.each([
    [
      'a certificate without its key',
      { 'client-certificate-data': certificate['client-certificate-data'] },
      /client-key is missing/,
    ],
    [
      'a key without its certificate',
      { 'client-key-data': certificate['client-key-data'] },
      /client-certificate is missing/,
    ],
    [
      'a key of another certificate',
      { ...certificate, 'client-key-data': base64(issueCertificate(authority, { commonName: 'bob' }).key) },
      /do not belong together/,
    ],
    [
      'a key that is none',
      { ...certificate, 'client-key-data': base64('canary-key') },
      /the client key is not a PEM private key/,
    ],
    ['a token with a line break inside', { token: 'canary\nsecret' }, /cannot stand in a header/],
    ['two ways at once', { token: 'canary-token', exec }, /more than one way to log in: token, exec/],
    [
      'the provider gcp',
      { 'auth-provider': { name: 'gcp' } },
      /was removed from Kubernetes in 1\.26 .* gke-gcloud-auth-plugin/,
    ],
    ['the provider azure', { 'auth-provider': { name: 'azure' } }, /use the exec plugin kubelogin/],
    ['an unknown provider', { 'auth-provider': { name: 'mine' } }, /auth-provider "mine" is not supported/],
    ['a plugin without a command', { exec: { ...exec, command: '' } }, /command is required/],
    [
      'a plugin of a removed version',
      { exec: { ...exec, apiVersion: 'client.authentication.k8s.io/v1alpha1' } },
      /v1alpha1 is not supported/,
    ],
    ['a plugin that needs a terminal', { exec: { ...exec, interactiveMode: 'Always' } }, /wants to ask questions/],
    ['groups without a user to act as', { token: 't', 'as-groups': ['dev'] }, /need a user to act as/],
  ])('%s is refused, without quoting it', async (_, user, message) => {
    const problem = await problemOf(kubeconfig({ user }))
    expect(problem).toMatch(message)
    expect(problem).not.toContain('canary')
  })

  test('an expired certificate is told with its date', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: new Date('2020-01-01T00:00:00Z') })
    const old = issueCertificate(authority, { commonName: 'ann' })
    vi.useRealTimers()
    const user = { 'client-certificate-data': base64(old.certificate), 'client-key-data': base64(old.key) }
    expect(await problemOf(kubeconfig({ user }))).toMatch(/the client certificate expired on 20\d\d-/)
    expect(await problemOf(kubeconfig({ user }), { now: () => Date.parse('2019-01-01') })).toMatch(
      /valid only from 2019-/,
    )
  })

  test('a token is trimmed, as kubectl does', async () => {
    expect((await load(kubeconfig({ user: { token: 'abc\n' } }))).credentials.authentication).toEqual({
      kind: 'token',
      token: 'abc',
    })
  })

  test('impersonation is honoured whole', async () => {
    const user = {
      token: 't',
      as: 'ann',
      'as-uid': '7',
      'as-groups': ['dev', 'ops'],
      'as-user-extra': { reason: ['audit'] },
    }
    expect((await load(kubeconfig({ user }))).impersonation).toEqual({
      user: 'ann',
      uid: '7',
      groups: ['dev', 'ops'],
      extra: { reason: ['audit'] },
    })
  })

  test('a plugin is told about the cluster only when the file says so', async () => {
    const cluster = {
      'certificate-authority-data': base64(authority.certificate),
      extensions: [{ name: 'client.authentication.k8s.io/exec', extension: { audience: 'x' } }],
    }
    const plugin = async (provideClusterInfo: boolean): Promise<unknown> => {
      const { authentication } = (await load(kubeconfig({ cluster, user: { exec: { ...exec, provideClusterInfo } } })))
        .credentials
      return authentication.kind === 'exec' ? authentication.plugin.cluster : authentication
    }
    expect(await plugin(false)).toBeUndefined()
    expect(await plugin(true)).toEqual({
      server: 'https://red.example.com:6443',
      'certificate-authority-data': base64(authority.certificate),
      config: { audience: 'x' },
    })
  })

  test.each([
    ['DenyAll', 'refused'],
    [['other'], 'refused'],
    [['plugin'], 'exec'],
    ['AllowAll', 'exec'],
  ] as const)('the exec policy %j is obeyed', async (execPolicy, expected) => {
    const loading = load(kubeconfig({ user: { exec } }), { execPolicy })
    const refusal = 'the exec policy does not allow to run "plugin"'
    const outcome = await loading.then(
      ({ credentials }) => credentials.authentication.kind,
      (error: unknown) => (String(error).includes(refusal) ? 'refused' : String(error)),
    )
    expect(outcome).toBe(expected)
  })
})

describe('proxies', () => {
  test('need a Node that does not go around them', () => {
    const versions = ['v22.19.0', 'v22.21.0', 'v23.11.1', 'v24.4.1', 'v24.5.0', 'v25.0.0']
    expect(versions.filter(supportsProxies)).toEqual(['v22.21.0', 'v24.5.0', 'v25.0.0'])
  })

  test('of the file, or of the environment with its exceptions', async () => {
    expect((await load(kubeconfig({ cluster: { 'proxy-url': 'http://proxy:3128' } }))).proxy).toEqual({
      HTTPS_PROXY: 'http://proxy:3128',
    })
    const environment = { HTTPS_PROXY: 'http://proxy:3128', NO_PROXY: '.internal' }
    expect((await load(kubeconfig(), { environment })).proxy).toEqual(environment)
  })

  test('of the environment never stand before this machine', async () => {
    const content = kubeconfig({ cluster: { server: 'https://127.0.0.1:6443' } })
    expect((await load(content, { environment: { HTTPS_PROXY: 'http://proxy:3128' } })).proxy).toBeUndefined()
  })

  test.each([
    ['socks5://proxy:1080', /a socks5: proxy is not supported/],
    ['proxy', /not a URL/],
  ])('%s is refused', async (proxy, message) => {
    expect(await problemOf(kubeconfig({ cluster: { 'proxy-url': proxy } }))).toMatch(message)
  })
})
