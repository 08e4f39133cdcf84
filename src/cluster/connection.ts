import { Agent as HttpAgent, request as httpRequest } from 'node:http'
import type { ClientRequest, IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import type { RequestOptions } from 'node:https'
import { StringDecoder } from 'node:string_decoder'
import { createSecureContext } from 'node:tls'
import type { SecureContext } from 'node:tls'
import { createGunzip } from 'node:zlib'
import type { ClientCertificate } from './credential-source.ts'
import { connectionError } from './connection-failure.ts'
import type { ConnectionFailure } from './connection-failure.ts'
import type { ClusterEndpoint } from './kubeconfig-cluster.ts'
import { ListItems } from './list-items.ts'
import type { ItemSink } from './list-items.ts'

/** One HTTP request, ready to be sent. */
export interface HttpRequest {
  readonly method: string
  /** Path and query, below the server's own path. */
  readonly path: string
  readonly headers: OutgoingHttpHeaders
  readonly body?: string
  readonly clientCertificate?: ClientCertificate
  /** Ends the request; its reason is what the promise rejects with. */
  readonly signal: AbortSignal
  /** Told of each item of a list as it comes; the body of the reply is then the list without them. */
  readonly itemSink?: ItemSink
}

/** One complete HTTP reply. */
export interface HttpReply {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
  /** Size of the body on the wire. */
  readonly bytesReceived: number
}

/** Free sockets are given up before a server or load balancer does, so that a request never meets a dying one. */
const idleSocketMs = 30_000

/**
 * Connections to one API server: kept alive, bounded, TLS verified, redirects not followed. Knows HTTP, knows nothing
 * of Kubernetes.
 *
 * Streams (watches, port-forwards) have sockets of their own, so that they never take the place of requests.
 */
export class Connection {
  readonly #endpoint: ClusterEndpoint
  readonly #requests: HttpAgent | HttpsAgent
  readonly #streams: HttpAgent | HttpsAgent
  #trust: SecureContext | undefined

  /** @param maxSockets - requests in flight at the same time */
  constructor(endpoint: ClusterEndpoint, maxSockets: number) {
    this.#endpoint = endpoint
    this.#requests = createAgent(endpoint, { keepAlive: true, maxSockets, timeout: idleSocketMs })
    this.#streams = createAgent(endpoint, { keepAlive: false })
  }

  /**
   * The trust of the endpoint, made once: for what opens many connections, each of which would read the authorities
   * anew. `undefined` without TLS. Not for a connection with a client certificate, which is a part of it.
   */
  get trust(): SecureContext | undefined {
    const { server, certificateAuthority } = this.#endpoint
    if (server.protocol !== 'https:' || certificateAuthority === undefined) return undefined
    this.#trust ??= createSecureContext({ ca: certificateAuthority })
    return this.#trust
  }

  /** The agent for streams, for what opens its own (WebSocket). */
  get streamAgent(): HttpAgent | HttpsAgent {
    return this.#streams
  }

  /**
   * Sends a request and reads the whole reply.
   *
   * @throws ConnectionError when no complete reply arrives; the reason of `signal` when that is aborted
   */
  exchange(request: HttpRequest): Promise<HttpReply> {
    return this.#send(request, this.#requests, (reply) => collectReply(reply, request.itemSink))
  }

  /**
   * Sends a request and hands over the reply as soon as its head is there. `signal` governs the body too: aborting it
   * destroys the stream and its socket.
   */
  open(request: HttpRequest): Promise<IncomingMessage> {
    return this.#send(request, this.#streams, (reply) => Promise.resolve(reply), true)
  }

  /** Closes every socket. */
  close(): void {
    this.#requests.destroy()
    this.#streams.destroy()
  }

  async #send<Result>(
    request: HttpRequest,
    agent: HttpAgent | HttpsAgent,
    read: (reply: IncomingMessage) => Promise<Result>,
    streaming = false,
  ): Promise<Result> {
    const { signal } = request
    signal.throwIfAborted()
    const { promise, resolve, reject } = Promise.withResolvers<Result>()
    const sent = this.#start(request, agent)
    let connected = false
    const failed = (cause: unknown, code?: string): Error =>
      signal.aborted ? toError(signal.reason) : connectionError(cause, this.#failure(connected), code)
    const abort = (): void => {
      sent.destroy()
      reject(toError(signal.reason))
    }
    signal.addEventListener('abort', abort, { once: true })
    const release = (): void => signal.removeEventListener('abort', abort)
    sent.on('socket', (socket) => {
      if (!socket.connecting) connected = true
      else
        socket.once(this.#endpoint.server.protocol === 'https:' ? 'secureConnect' : 'connect', () => (connected = true))
    })
    sent.on('error', (error) => reject(failed(error)))
    sent.on('response', (reply) => {
      if (streaming) reply.once('close', release)
      read(reply).then(resolve, (error: unknown) => reject(failed(error, 'TRUNCATED')))
    })
    sent.end(request.body)
    try {
      return await promise
    } catch (error) {
      sent.destroy()
      release()
      throw error
    } finally {
      if (!streaming) release()
    }
  }

  #start(request: HttpRequest, agent: HttpAgent | HttpsAgent): ClientRequest {
    const { server } = this.#endpoint
    const options: RequestOptions = {
      agent,
      method: request.method,
      host: server.hostname.replace(/^\[(.*)\]$/, '$1'),
      port: server.port === '' ? (server.protocol === 'https:' ? 443 : 80) : Number(server.port),
      path: server.pathname.replace(/\/$/, '') + request.path,
      headers: { ...request.headers },
      ...(request.clientCertificate === undefined
        ? {}
        : { cert: request.clientCertificate.certificate, key: request.clientCertificate.key }),
    }
    return server.protocol === 'https:' ? httpsRequest(options) : httpRequest(options)
  }

  #failure(connected: boolean): ConnectionFailure {
    const { certificateAuthority } = this.#endpoint
    return {
      server: this.#endpoint.server.href.replace(/\/$/, ''),
      outcome: connected ? 'unknown' : 'not-executed',
      ...(certificateAuthority === undefined ? {} : { certificateAuthority }),
    }
  }
}

interface AgentSettings {
  readonly keepAlive: boolean
  readonly maxSockets?: number
  readonly timeout?: number
}

function createAgent(endpoint: ClusterEndpoint, settings: AgentSettings): HttpAgent | HttpsAgent {
  const shared = {
    ...settings,
    scheduling: 'lifo' as const,
    ...(endpoint.proxy === undefined ? {} : { proxyEnv: endpoint.proxy }),
  }
  if (endpoint.server.protocol === 'http:') return new HttpAgent(shared)
  return new HttpsAgent({
    ...shared,
    // Said explicitly, so that NODE_TLS_REJECT_UNAUTHORIZED has no say in it.
    rejectUnauthorized: !endpoint.insecureSkipTlsVerify,
    ...(endpoint.certificateAuthority === undefined ? {} : { ca: endpoint.certificateAuthority }),
    ...(endpoint.tlsServerName === undefined ? {} : { servername: endpoint.tlsServerName }),
  })
}

/**
 * Reads the rest of a reply.
 *
 * @param sink told of each item of a list, if the request succeeded; the body is then the list without them
 * @throws the cause of the failure; {@link Connection.exchange} reports it as a ConnectionError
 */
export async function collectReply(reply: IncomingMessage, sink?: ItemSink): Promise<HttpReply> {
  let bytesReceived = 0
  // Decoded as it comes: pages of megabytes, kept as buffers and joined, would stay in the process after they are read.
  const decoder = new StringDecoder('utf8')
  const items = sink === undefined || reply.statusCode !== 200 ? undefined : new ListItems(sink)
  let body = ''
  const take = (text: string): void => {
    if (items === undefined) body += text
    else items.write(text)
  }
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const content = reply.headers['content-encoding'] === 'gzip' ? reply.pipe(createGunzip()) : reply
  reply.on('data', (chunk: Buffer) => (bytesReceived += chunk.length))
  content.on('data', (chunk: Buffer) => {
    take(decoder.write(chunk))
  })
  content.on('end', () => {
    take(decoder.end())
    resolve()
  })
  content.on('error', reject)
  reply.on('error', reject)
  reply.on('close', () => {
    if (!reply.complete) reject(new Error('closed before the end'))
  })
  await promise
  return { status: reply.statusCode ?? 0, headers: reply.headers, body: items?.end() ?? body, bytesReceived }
}

function toError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error('aborted', { cause: reason })
}
