import { basename } from 'node:path'
import { isToken } from './bearer-token.ts'
import { checkClientCertificate } from './client-certificate.ts'
import type { Authentication, CredentialSource, ExecPlugin } from './credential-source.ts'
import { readData } from './kubeconfig-data.ts'
import type { KubeconfigEntry } from './kubeconfig-entry.ts'
import { resolvePath } from './kubeconfig-file.ts'
import type { NamedEntry } from './kubeconfig-file.ts'
import type { ClusterEndpoint } from './kubeconfig-cluster.ts'

/**
 * Which exec plugins may run: all, none, or those whose command (as written, or its base name) is listed.
 * @see https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins
 */
export type ExecPolicy = 'AllowAll' | 'DenyAll' | readonly string[]

/** Who to act as (`as`, `as-groups` …). Honoured whole: leaving out a part would give other rights than asked for. */
export interface Impersonation {
  readonly user: string
  readonly uid?: string
  readonly groups: readonly string[]
  readonly extra: Readonly<Record<string, readonly string[]>>
}

/** What a `users` entry gives. */
export interface UserLogin {
  readonly credentials: CredentialSource
  readonly impersonation?: Impersonation
}

/** The parts of the options that decide about a user entry. */
export interface UserOptions {
  readonly execPolicy?: ExecPolicy
  readonly now?: () => number
}

/**
 * Reads a `users` entry. Runs nothing.
 *
 * @throws KubeconfigError for half a certificate, an expired one, two ways to log in, or one that is not supported
 */
export async function readUser(
  user: NamedEntry,
  cluster: NamedEntry,
  endpoint: ClusterEndpoint,
  options: UserOptions,
): Promise<UserLogin> {
  const certificate = await readData(user, 'client-certificate')
  const key = await readData(user, 'client-key')
  if ((certificate === undefined) !== (key === undefined)) {
    const missing = certificate === undefined ? 'client-certificate' : 'client-key'
    throw user.entry.problem(`a client certificate needs its key and the key its certificate: ${missing} is missing`)
  }
  if (certificate !== undefined && key !== undefined) {
    const problem = checkClientCertificate({ certificate, key }, options.now?.() ?? Date.now())
    if (problem !== undefined)
      throw user.entry.problem(problem, 'client-certificate', 'get a new kubeconfig from whoever runs the cluster')
  }
  const impersonation = readImpersonation(user.entry)
  return {
    credentials: {
      authentication: readAuthentication(user, cluster, endpoint, options.execPolicy ?? 'AllowAll'),
      ...(certificate === undefined || key === undefined ? {} : { clientCertificate: { certificate, key } }),
    },
    ...(impersonation === undefined ? {} : { impersonation }),
  }
}

function readAuthentication(
  user: NamedEntry,
  cluster: NamedEntry,
  endpoint: ClusterEndpoint,
  policy: ExecPolicy,
): Authentication {
  const { entry } = user
  const token = entry.text('token')
  const tokenFile = entry.text('tokenFile')
  const username = entry.text('username')
  const exec = entry.entry('exec')
  const provider = entry.entry('auth-provider')
  const ways = [
    (token ?? tokenFile) ? 'token' : undefined,
    username === undefined ? undefined : 'username',
    exec === undefined ? undefined : 'exec',
    provider === undefined ? undefined : 'auth-provider',
  ].filter((way) => way !== undefined)
  if (ways.length > 1 && !(ways.length === 2 && ways[0] === 'token' && ways[1] === 'auth-provider')) {
    // A token beside an auth-provider is how old tools cached it; everywhere else two ways are a mistake to be told.
    throw entry.problem(`more than one way to log in: ${ways.join(', ')}`)
  }
  if (tokenFile !== undefined) {
    return {
      kind: 'token-file',
      path: resolvePath(user, tokenFile),
      ...(token === undefined ? {} : { fallback: token }),
    }
  }
  if (token !== undefined) return { kind: 'token', token: checkedToken(entry, token) }
  if (username !== undefined) return { kind: 'basic', username, password: entry.text('password') ?? '' }
  if (exec !== undefined) return { kind: 'exec', plugin: readPlugin(user, exec, cluster, endpoint, policy) }
  return provider === undefined ? { kind: 'none' } : readProvider(user, provider)
}

function checkedToken(entry: KubeconfigEntry, token: string): string {
  const trimmed = token.trim()
  if (!isToken(trimmed)) throw entry.problem('holds characters that cannot stand in a header', 'token')
  return trimmed
}

function readPlugin(
  user: NamedEntry,
  exec: KubeconfigEntry,
  cluster: NamedEntry,
  endpoint: ClusterEndpoint,
  policy: ExecPolicy,
): ExecPlugin {
  const command = exec.text('command')
  if (command === undefined) throw exec.problem('command is required', 'command')
  const apiVersion = exec.text('apiVersion')
  if (apiVersion !== 'client.authentication.k8s.io/v1' && apiVersion !== 'client.authentication.k8s.io/v1beta1') {
    throw exec.problem(
      `${apiVersion ?? 'nothing'} is not supported`,
      'apiVersion',
      'use client.authentication.k8s.io/v1',
    )
  }
  const mode = exec.text('interactiveMode')
  if (mode === 'Always') {
    throw exec.problem('the plugin wants to ask questions; plugins run without a terminal here', 'interactiveMode')
  }
  const allowed =
    policy === 'AllowAll' || (policy !== 'DenyAll' && (policy.includes(command) || policy.includes(basename(command))))
  if (!allowed) throw exec.problem(`the exec policy does not allow to run ${JSON.stringify(command)}`, 'command')
  const environment = Object.fromEntries(
    exec.entries('env').map((item) => {
      const name = item.text('name')
      if (name === undefined) throw item.problem('name is required', 'name')
      return [name, item.text('value') ?? '']
    }),
  )
  const installHint = exec.text('installHint')
  return {
    // As kubectl: only a command with a directory in it is a path, everything else is found in PATH.
    command: /[/\\]/.test(command) ? resolvePath(user, command) : command,
    args: exec.texts('args'),
    environment,
    apiVersion,
    ...(installHint === undefined ? {} : { installHint }),
    ...(exec.flag('provideClusterInfo') ? { cluster: clusterInfo(cluster, endpoint) } : {}),
  }
}

function clusterInfo({ entry }: NamedEntry, endpoint: ClusterEndpoint): Readonly<Record<string, unknown>> {
  const config = entry.extension('client.authentication.k8s.io/exec')
  return {
    server: endpoint.server.href.replace(/\/$/, ''),
    ...(endpoint.tlsServerName === undefined ? {} : { 'tls-server-name': endpoint.tlsServerName }),
    ...(endpoint.insecureSkipTlsVerify ? { 'insecure-skip-tls-verify': true } : {}),
    ...(endpoint.certificateAuthority === undefined
      ? {}
      : { 'certificate-authority-data': Buffer.from(endpoint.certificateAuthority).toString('base64') }),
    ...(config === undefined ? {} : { config }),
  }
}

const replacedBy: Readonly<Record<string, string>> = { gcp: 'gke-gcloud-auth-plugin', azure: 'kubelogin' }

function readProvider(user: NamedEntry, provider: KubeconfigEntry): Authentication {
  const name = provider.text('name')
  if (name === 'oidc') {
    const config = provider.entry('config')
    const pairs = (config?.keys() ?? []).map((key) => [key, config?.text(key) ?? ''] as const)
    return { kind: 'oidc', user: user.name, config: Object.fromEntries(pairs) }
  }
  const plugin = replacedBy[name ?? '']
  throw provider.problem(
    `auth-provider ${JSON.stringify(name ?? '')} ${plugin === undefined ? 'is not supported' : 'was removed from Kubernetes in 1.26'}`,
    'name',
    plugin === undefined ? 'use an exec plugin' : `use the exec plugin ${plugin}`,
  )
}

function readImpersonation(entry: KubeconfigEntry): Impersonation | undefined {
  const user = entry.text('as')
  const uid = entry.text('as-uid')
  const groups = entry.texts('as-groups')
  const extra = entry.entry('as-user-extra')
  if (user === undefined) {
    if (uid === undefined && groups.length === 0 && extra === undefined) return undefined
    throw entry.problem('as-uid, as-groups and as-user-extra need a user to act as', 'as')
  }
  const extras = (extra?.keys() ?? []).map((key) => [key, extra?.texts(key) ?? []] as const)
  return { user, groups, extra: Object.fromEntries(extras), ...(uid === undefined ? {} : { uid }) }
}
