import { X509Certificate } from 'node:crypto'
import { version } from 'node:process'
import { isLoopbackHost } from './loopback.ts'
import type { NamedEntry } from './kubeconfig-file.ts'
import { readData } from './kubeconfig-data.ts'

/** Where the API server is and how it proves who it is. */
export interface ClusterEndpoint {
  /** Base URL; may have a path, as behind Rancher. */
  readonly server: URL
  /** PEM. Absent: the certificate authorities that Node trusts. */
  readonly certificateAuthority?: string
  /** Name that the server's certificate must carry, when it is not the host of `server`. */
  readonly tlsServerName?: string
  readonly insecureSkipTlsVerify: boolean
  /** Proxy variables, as Node's agents take them (`HTTPS_PROXY`, `NO_PROXY`); absent for a direct connection. */
  readonly proxy?: Readonly<Record<string, string>>
  /** Whether to ask for compressed replies. */
  readonly compression: boolean
}

/** The parts of the options that decide about a cluster entry. */
export interface EndpointOptions {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly allowInsecure?: boolean
}

/**
 * Reads a `clusters` entry.
 *
 * @throws KubeconfigError for an address or trust setting that cannot or may not be used
 */
export async function readCluster(cluster: NamedEntry, options: EndpointOptions): Promise<ClusterEndpoint> {
  const { entry } = cluster
  const server = readServer(cluster, options.allowInsecure ?? false)
  const authority = await readData(cluster, 'certificate-authority')
  const insecure = entry.flag('insecure-skip-tls-verify')
  if (insecure && authority !== undefined) {
    throw entry.problem('insecure-skip-tls-verify and a certificate authority exclude each other')
  }
  if (insecure && options.allowInsecure !== true) {
    throw entry.problem(
      'TLS verification is switched off',
      'insecure-skip-tls-verify',
      'give the cluster a certificate-authority',
    )
  }
  if (authority !== undefined && !isCertificate(authority)) {
    throw entry.problem('not a PEM certificate', 'certificate-authority')
  }
  const tlsServerName = entry.text('tls-server-name')
  const proxy = readProxy(cluster, server, options)
  return {
    server,
    insecureSkipTlsVerify: insecure,
    compression: !entry.flag('disable-compression') && !isLoopbackHost(server.hostname),
    ...(authority === undefined ? {} : { certificateAuthority: authority }),
    ...(tlsServerName === undefined ? {} : { tlsServerName }),
    ...(proxy === undefined ? {} : { proxy }),
  }
}

function readServer({ entry }: NamedEntry, allowInsecure: boolean): URL {
  const text = entry.text('server')
  if (text === undefined) throw entry.problem('server is required', 'server', 'example: https://127.0.0.1:6443')
  if (!/^https?:\/\//i.test(text)) {
    throw entry.problem(
      `${JSON.stringify(text)} has no scheme`,
      'server',
      `try https://${text.replace(/^[a-z]+:\/\//i, '')}`,
    )
  }
  const server = URL.canParse(text) ? new URL(text) : undefined
  if (server === undefined) {
    throw entry.problem(
      `${JSON.stringify(text)} is not a URL`,
      'server',
      'an IPv6 address stands in brackets: https://[::1]:6443',
    )
  }
  if (server.username !== '' || server.password !== '' || server.search !== '' || server.hash !== '') {
    throw entry.problem('the URL may hold host, port and path only', 'server')
  }
  if (server.protocol === 'http:' && !(allowInsecure && isLoopbackHost(server.hostname))) {
    throw entry.problem(
      `${text} is not encrypted: credentials and data could be read on the way`,
      'server',
      'use https:// (http is accepted for a loopback address only, when insecure connections are allowed)',
    )
  }
  return server
}

function readProxy(
  { entry }: NamedEntry,
  server: URL,
  { environment }: EndpointOptions,
): Readonly<Record<string, string>> | undefined {
  const own = entry.text('proxy-url')
  if (own !== undefined) return { HTTPS_PROXY: checkProxy(own, (message) => entry.problem(message, 'proxy-url')) }
  // As Go does: a proxy of the environment never stands before this machine.
  if (isLoopbackHost(server.hostname)) return undefined
  const proxy = environment['HTTPS_PROXY'] ?? environment['https_proxy']
  if (proxy === undefined || proxy === '') return undefined
  const exceptions = environment['NO_PROXY'] ?? environment['no_proxy']
  return {
    HTTPS_PROXY: checkProxy(proxy, (message) => entry.problem(`HTTPS_PROXY of the environment: ${message}`)),
    ...(exceptions === undefined ? {} : { NO_PROXY: exceptions }),
  }
}

/** From these versions on, Node's agents take `proxyEnv`; earlier ones ignore it and would go around the proxy. */
export function supportsProxies(nodeVersion: string): boolean {
  const [major = 0, minor = 0] = nodeVersion.replace(/^v/, '').split('.').map(Number)
  return major === 22 ? minor >= 21 : major > 24 || (major === 24 && minor >= 5)
}

function checkProxy(text: string, problem: (message: string) => Error): string {
  if (!supportsProxies(version)) throw problem(`a proxy needs Node 22.21 or 24.5, this is ${version}`)
  const protocol = URL.canParse(text) ? new URL(text).protocol : undefined
  if (protocol === undefined) throw problem('not a URL')
  if (protocol !== 'http:' && protocol !== 'https:')
    throw problem(`a ${protocol} proxy is not supported, only http: and https:`)
  return text
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0
  } catch {
    return false
  }
}
