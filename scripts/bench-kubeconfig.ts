/**
 * Measures what reading a kubeconfig costs at start-up: each variant is bundled like the command, reads a kubeconfig and
 * sends one LIST to a local TLS server. The figures of docs/adr/0003-kubeconfig-and-credentials.md come from here.
 *
 *     npm run bench:kubeconfig -- [runs]
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'
import type { Plugin } from 'esbuild'
import { createCertificateAuthority, issueCertificate } from '../test/cluster/certificate.ts'

const ask = `
const list = await client.list({ apiVersion: 'v1', kind: 'ConfigMap', namespace: 'default' })
if (list.items.length !== 0) throw new Error('unexpected')
client.transport.close()
`

const ownParser = `
import { loadKubeconfig } from './src/cluster/kubeconfig.ts'
import { connect } from './src/cluster/connect.ts'
const connection = await loadKubeconfig({ flag: process.argv[2], environment: process.env })
const client = connect(connection, { environment: process.env })
${ask}`

/** Past the index of the package, which cannot be shaken down to KubeConfig (4 MiB). */
const clientNode = `
import { KubeConfig } from './node_modules/@kubernetes/client-node/dist/config.js'
import { connect } from './src/cluster/connect.ts'
const kubeConfig = new KubeConfig()
kubeConfig.loadFromFile(process.argv[2])
const options = {}
await kubeConfig.applyToHTTPSOptions(options)
const connection = {
  context: kubeConfig.getCurrentContext(), namespace: 'default', server: new URL(kubeConfig.getCurrentCluster().server),
  certificateAuthority: String(options.ca), insecureSkipTlsVerify: false, compression: false,
  credentials: {
    authentication: options.headers?.Authorization ? { kind: 'token', token: options.headers.Authorization.slice(7) } : { kind: 'none' },
    ...(options.cert ? { clientCertificate: { certificate: String(options.cert), key: String(options.key) } } : {}),
  },
}
const client = connect(connection, { environment: process.env })
${ask}`

/** Everything that KubeConfig loads and a token or a certificate does not need. */
const withoutBallast: Plugin = {
  name: 'without-ballast',
  setup(builder) {
    const anything =
      /^(undici|openid-client|socks|socks-proxy-agent|hpagent|jsonpath-plus|ws|isomorphic-ws|tar-fs|stream-buffers|form-data)$/
    builder.onResolve({ filter: anything }, ({ path }) => ({ path, namespace: 'stub' }))
    builder.onResolve({ filter: /(gen|oidc_auth)(\/.*)?\.js$/ }, ({ path }) => ({ path, namespace: 'stub' }))
    builder.onLoad({ filter: /.*/, namespace: 'stub' }, () => ({
      // esbuild copies own properties of a CommonJS module and keeps its prototype: any name is found there.
      contents: 'module.exports = Object.create(new Proxy({}, { get: () => class { isAuthProvider() {} } }))',
    }))
  },
}

const runs = Number(process.argv[2] ?? 15)
const directory = await mkdtemp(join(tmpdir(), 'measure-'))
try {
  await measure()
} finally {
  if (!process.env.KEEP) await rm(directory, { recursive: true })
}

async function measure(): Promise<void> {
  const authority = createCertificateAuthority('measure')
  const serving = issueCertificate(authority, { commonName: 'server', hosts: ['127.0.0.1'] })
  const server = createServer(
    {
      cert: serving.certificate,
      key: serving.key,
      ca: authority.certificate,
      requestCert: true,
      rejectUnauthorized: false,
    },
    (_, reply) =>
      reply
        .writeHead(200, { 'content-type': 'application/json' })
        .end('{"kind":"ConfigMapList","apiVersion":"v1","metadata":{"resourceVersion":"1"},"items":[]}'),
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const user = issueCertificate(authority, { commonName: 'ann' })
  const token = await kubeconfig('token', port, authority.certificate, { token: 'abc' })
  const certificate = await kubeconfig('certificate', port, authority.certificate, {
    'client-certificate-data': base64(user.certificate),
    'client-key-data': base64(user.key),
  })
  const empty = join(directory, 'empty.mjs')
  await writeFile(empty, '0')
  const bundles = {
    'KubeConfig as it is': await bundle('as-is', clientNode),
    'KubeConfig, the rest stubbed': await bundle('stubbed', clientNode, [withoutBallast]),
    'own parser': await bundle('own', ownParser),
  }
  const variants = [
    { name: 'empty module', args: [empty] },
    ...Object.entries(bundles).flatMap(([name, path]) => [
      { name: `${name}, token`, args: [path, token] },
      { name: `${name}, certificate`, args: [path, certificate] },
    ]),
  ]
  const times = new Map<string, number[]>(variants.map(({ name }) => [name, []]))
  for (let run = 0; run < runs; run += 1) {
    for (const { name, args } of variants) times.get(name)?.push(await timeOf(args))
  }
  server.close()
  server.closeAllConnections()
  const base = median(times.get('empty module') ?? [])
  for (const [name, path] of Object.entries(bundles))
    process.stdout.write(`${name}: ${Math.round((await stat(path)).size / 1024)} KiB\n`)
  for (const [name, values] of times) {
    process.stdout.write(
      `${name.padEnd(44)} ${median(values).toFixed(0).padStart(5)} ms ${(median(values) / base).toFixed(1)} x\n`,
    )
  }
}

async function kubeconfig(
  name: string,
  port: number,
  authority: string,
  user: Record<string, string>,
): Promise<string> {
  const path = join(directory, name)
  const content = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'local',
    clusters: [
      {
        name: 'local',
        cluster: { server: `https://127.0.0.1:${port}`, 'certificate-authority-data': base64(authority) },
      },
    ],
    users: [{ name: 'local', user }],
    contexts: [{ name: 'local', context: { cluster: 'local', user: 'local' } }],
  }
  await writeFile(path, JSON.stringify(content, undefined, 2))
  return path
}

async function bundle(name: string, contents: string, plugins: Plugin[] = []): Promise<string> {
  const outfile = join(directory, `${name}.mjs`)
  await build({
    stdin: { contents, resolveDir: join(import.meta.dirname, '..'), loader: 'ts' },
    outfile: outfile,
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'esm',
    target: 'node22.19',
    // As scripts/build.ts does it.
    alias: { yaml: join(import.meta.dirname, '..', 'node_modules', 'yaml', 'browser', 'index.js') },
    // What is imported lazily stays out, as it does in the command.
    external: name === 'own' ? ['@kubernetes/client-node', 'ws'] : [],
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    plugins,
    logLevel: 'error',
  })
  return outfile
}

async function timeOf(args: readonly string[]): Promise<number> {
  const started = performance.now()
  const child = spawn(process.execPath, [...args], { stdio: 'ignore' })
  const [code] = await once(child, 'exit')
  if (code !== 0) throw new Error(`${args[0]} ended with ${code}`)
  return performance.now() - started
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}
