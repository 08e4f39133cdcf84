/** An HTTPS server that answers as a test says, for the answers that a real API server gives only on bad days. */
import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import type { ClusterConnection } from '../../src/cluster/cluster-connection.ts'
import type { Clock } from '../../src/cluster/clock.ts'
import { connect } from '../../src/cluster/connect.ts'
import type { ConnectOptions } from '../../src/cluster/connect.ts'
import type { Client } from '../../src/cluster/client.ts'
import { createCertificateAuthority, issueCertificate } from './certificate.ts'
import type { CertificateWithKey } from './certificate.ts'

/** A request that arrived. */
interface SeenRequest {
  readonly method: string
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
  /** Epoch milliseconds when it was complete. */
  readonly at: number
}

/** Answers one request; may also leave it unanswered or destroy its socket. */
export type Answer = (request: SeenRequest, response: ServerResponse) => void

/** A running fake. */
export interface FakeApiServer {
  readonly url: URL
  readonly authority: string
  readonly requests: readonly SeenRequest[]
  readonly server: Server
  /** Connections accepted so far, and those that are open now. */
  connections(): { readonly accepted: number; readonly open: number }
  stop(): Promise<void>
}

export const authority: CertificateWithKey = createCertificateAuthority('fake authority')
const certificate = issueCertificate(authority, { commonName: 'fake', hosts: ['127.0.0.1', 'localhost'] })

/** What to listen with. */
export interface FakeOptions {
  readonly certificate?: CertificateWithKey
  readonly plain?: boolean
  readonly port?: number
}

/** Starts a fake that answers the n-th request with the n-th answer, and all further ones with the last. */
export async function startFake(
  answers: Answer | readonly Answer[],
  options: FakeOptions = {},
): Promise<FakeApiServer> {
  const list = typeof answers === 'function' ? [answers] : answers
  const requests: SeenRequest[] = []
  const sockets = new Set<Socket>()
  let accepted = 0
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { method = '', url = '', headers } = request
      const seen = { method, url, headers, body: Buffer.concat(chunks).toString('utf8'), at: Date.now() }
      requests.push(seen)
      list[Math.min(requests.length, list.length) - 1]?.(seen, response)
    })
  }
  const pair = options.certificate ?? certificate
  const server =
    options.plain === true ? createHttpServer(handle) : createServer({ cert: pair.certificate, key: pair.key }, handle)
  server.on('connection', (socket: Socket) => {
    accepted += 1
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  server.listen(options.port ?? 0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const stop = async (): Promise<void> => {
    if (!server.listening) return
    const closed = once(server, 'close')
    server.close()
    for (const socket of sockets) socket.destroy()
    await closed
  }
  onTestFinished(stop)
  return {
    url: new URL(`${options.plain === true ? 'http' : 'https'}://127.0.0.1:${port}`),
    authority: authority.certificate,
    requests,
    server,
    connections: () => ({ accepted, open: sockets.size }),
    stop,
  }
}

/** A connection to a fake, as user `tester` with a token. */
function connectionTo(fake: { readonly url: URL }, changes: Partial<ClusterConnection> = {}): ClusterConnection {
  return {
    context: 'fake',
    namespace: 'shop',
    server: fake.url,
    certificateAuthority: authority.certificate,
    insecureSkipTlsVerify: false,
    compression: false,
    credentials: { authentication: { kind: 'token', token: 'canary-token' } },
    ...changes,
  }
}

/** A client for a fake; closed when the test ends. */
export function clientOf(
  fake: { readonly url: URL },
  options: Partial<ConnectOptions> = {},
  changes: Partial<ClusterConnection> = {},
): Client {
  const client = connect(connectionTo(fake, changes), { environment: {}, ...options })
  onTestFinished(() => client.transport.close())
  return client
}

/** A clock that waits for nothing and remembers how long it was asked to wait. */
export function impatientClock(): Clock & { readonly waits: readonly number[] } {
  const waits: number[] = []
  let passed = 0
  return {
    waits,
    now: () => Date.now() + passed,
    random: () => 0,
    sleep: async (ms, signal) => {
      signal?.throwIfAborted()
      waits.push(ms)
      passed += ms
      // Lets the other side of a loop run.
      await new Promise(setImmediate)
    },
  }
}

/** Answers with JSON. */
export function json(body: unknown, status = 200, headers: Readonly<Record<string, string | string[]>> = {}): Answer {
  return (_, response) => {
    response.writeHead(status, {
      'content-type': 'application/json',
      ...headers,
    })
    response.end(JSON.stringify(body))
  }
}

/** Answers with something that is not JSON. */
export function text(body: string, status = 200, contentType = 'text/html'): Answer {
  return (_, response) => {
    response.writeHead(status, { 'content-type': contentType })
    response.end(body)
  }
}

/** Refuses as the API server does. */
export function refusal(
  code: number,
  reason: string,
  more: Readonly<Record<string, unknown>> = {},
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return json(
    { kind: 'Status', apiVersion: 'v1', status: 'Failure', message: `it is ${reason}`, reason, code, ...more },
    code,
    headers,
  )
}

/** Closes the connection without an answer. */
export const reset: Answer = (_, response) => void response.destroy()

/** Never answers. */
export const silence: Answer = () => undefined

/** A ConfigMap as the server returns it. */
export function configMap(name: string, more: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'shop', uid: `uid-${name}`, resourceVersion: '1', ...more },
  }
}

/** A list of ConfigMaps; its items have no kind, as in the API. */
export function configMapList(
  items: readonly Record<string, unknown>[],
  metadata: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  const bare = items.map(({ kind: _kind, apiVersion: _apiVersion, ...rest }) => rest)
  return { apiVersion: 'v1', kind: 'ConfigMapList', metadata: { resourceVersion: '10', ...metadata }, items: bare }
}

/** What `work` fails with. */
export async function failureOf(work: Promise<unknown>): Promise<unknown> {
  const outcome = await work.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  )
  if ('error' in outcome) return outcome.error
  throw new Error(`expected a failure, got ${JSON.stringify(outcome.value)}`)
}
