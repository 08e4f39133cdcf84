import type { Agent, IncomingMessage } from 'node:http'
import type { SecureContext } from 'node:tls'
import type { ApiRequest } from './api-request.ts'
import { systemClock } from './clock.ts'
import type { Clock } from './clock.ts'
import type { ClusterConnection } from './cluster-connection.ts'
import { Connection, collectReply } from './connection.ts'
import type { HttpReply, HttpRequest } from './connection.ts'
import type { Credential, Credentials } from './credential.ts'
import { CredentialRenewal } from './credential-renewal.ts'
import { Deadline } from './deadline.ts'
import { RequestTimeoutError, UnexpectedReplyError, formatTarget } from './errors.ts'
import type { RequestTarget } from './errors.ts'
import { endingWith, withinFence } from './fence.ts'
import { FlowControl } from './flow-control.ts'
import type { JsonObject } from './json-object.ts'
import { encodeRequest } from './request-encoding.ts'
import { RequestUsage } from './request-usage.ts'
import type { UsageEntry } from './request-usage.ts'
import { isJson, readReply, warningsOf } from './response.ts'
import { RetrySchedule } from './retry-schedule.ts'
import type { TransportOptions } from './transport-options.ts'

/**
 * Raw JSON to and from one API server.
 *
 * Responsibilities: deadlines, retries of what may be retried, one renewal of a rejected credential, checks that a
 * reply is from an API server, warnings, the request count. Objects pass through as they are: no model, no defaults.
 */
export class Transport {
  readonly connection: ClusterConnection
  readonly #connection: Connection
  readonly #renewal: CredentialRenewal
  readonly #options: TransportOptions
  readonly #clock: Clock
  readonly #flow: FlowControl
  readonly #usage = new RequestUsage()
  readonly #warned = new Set<string>()
  #answered = false

  constructor(connection: ClusterConnection, credentials: Credentials, options: TransportOptions = {}) {
    const maxInFlight = options.maxInFlight ?? 16
    this.connection = connection
    this.#renewal = new CredentialRenewal(connection, credentials)
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#flow = new FlowControl(maxInFlight)
    this.#connection = new Connection(connection, maxInFlight)
  }

  /** What was sent so far. */
  usage(): readonly UsageEntry[] {
    return this.#usage.entries()
  }

  /** Requests that the server turned away because it had too many (429); each was sent again where there was time. */
  get rejections(): number {
    return this.#flow.rejections
  }

  /** Closes every socket; requests that are under way fail. */
  close(): void {
    this.#connection.close()
  }

  /**
   * Sends a request, again where that is safe.
   *
   * @returns the body of a success, as `expect` demands it
   * @throws ApiError (refused), ConnectionError and RequestTimeoutError (no answer; `outcome` tells whether it may have
   * been executed), UnexpectedReplyError (not an API server), CredentialError (401, or no credential), FencedError (a
   * write for which no time is left), or the reason of `signal`
   */
  async request(wanted: ApiRequest): Promise<JsonObject> {
    const request = endingWith(this.#options.fence, wanted)
    const deadlineMs = request.deadlineMs ?? this.#options.deadlineMs ?? 60_000
    const schedule = new RetrySchedule(this.#clock, {
      target: request.target,
      safety: request.retry,
      deadlineMs,
      firstContactMs: Math.min(deadlineMs, this.#options.firstContactMs ?? 3000),
    })
    for (;;) {
      try {
        return await this.#flow.run(() => this.#attempt(request, schedule.begin()), request.signal)
      } catch (error) {
        request.signal?.throwIfAborted()
        const waitMs = schedule.next(error, this.#answered)
        this.#options.onRetry?.({ target: request.target, attempts: schedule.attempts, waitMs, error })
        await this.#clock.sleep(waitMs, request.signal)
      }
    }
  }

  /**
   * Opens a reply that goes on and on (a watch). It lives until `signal` is aborted or either side ends it. Only its
   * head has a deadline (`timeoutMs`), and nothing is tried again but a rejected credential.
   *
   * @throws as {@link request}
   */
  stream(request: ApiRequest & { readonly signal: AbortSignal }): Promise<IncomingMessage> {
    return this.withCredential(request.target, request.signal, async (credential) => {
      const deadline = this.#deadline(request, Number.POSITIVE_INFINITY)
      try {
        const http = this.#encode(request, credential, deadline.signal, false)
        this.#usage.add(request.target, 0, 0)
        const stream = await this.#opened(request, this.#connection.open(http))
        this.#observe(request.target, stream.headers['warning'])
        if (stream.statusCode !== 200 || !isJson(stream.headers)) await this.#refuse(stream, request, credential)
        deadline.stopTimer()
        stream.on('data', (chunk: Buffer) => this.#usage.add(request.target, 0, chunk.length, 0))
        stream.once('close', () => deadline.release())
        return stream.pause()
      } catch (error) {
        deadline.release()
        throw error
      }
    })
  }

  /**
   * Runs something that needs a credential, and once more with a renewed one when the server answers 401.
   *
   * @throws CredentialError when the server rejects the renewed one too, or there is nothing to renew
   */
  withCredential<Result>(
    target: RequestTarget,
    signal: AbortSignal | undefined,
    use: (credential: Credential) => Promise<Result>,
  ): Promise<Result> {
    return this.#renewal.run(target, signal, use)
  }

  /** For what opens its own connections (WebSocket): the same trust, no share of the bounded sockets. */
  get streamAgent(): Agent {
    return this.#connection.streamAgent
  }

  /** For the same. @see {@link Connection.trust} */
  get streamTrust(): SecureContext | undefined {
    return this.#connection.trust
  }

  #attempt(wanted: ApiRequest, remainingMs: number): Promise<JsonObject> {
    return this.withCredential(wanted.target, wanted.signal, async (credential) => {
      const { request, leftMs } = withinFence(this.#options.fence, wanted, remainingMs)
      const deadline = this.#deadline(request, leftMs)
      const http = this.#encode(request, credential, deadline.signal, this.connection.compression)
      let reply: HttpReply | undefined
      try {
        reply = await this.#connection.exchange(http)
      } finally {
        deadline.release()
        this.#usage.add(request.target, Buffer.byteLength(http.body ?? ''), reply?.bytesReceived ?? 0)
        this.#tell(request, reply?.status)
      }
      this.#answered = true
      this.#flow.observe(reply.status, reply.headers, this.#clock.now())
      this.#observe(request.target, reply.headers['warning'])
      return this.#read(reply, request, credential)
    })
  }

  async #opened(request: ApiRequest, opening: Promise<IncomingMessage>): Promise<IncomingMessage> {
    let stream: IncomingMessage | undefined
    try {
      stream = await opening
      return stream
    } finally {
      this.#tell(request, stream?.statusCode)
    }
  }

  #tell({ target, method }: ApiRequest, code: number | undefined): void {
    const { host } = this.connection.server
    this.#options.onAttempt?.({ target, method, host, ...(code === undefined ? {} : { code }) })
  }

  #read(reply: HttpReply, request: ApiRequest, credential: Credential): JsonObject {
    const { target, expect, body: sent } = request
    const { authorization } = credential
    const nowMs = this.#clock.now()
    return readReply(reply, { target, expect, sent, nowMs, ...(authorization === undefined ? {} : { authorization }) })
  }

  /** Reads a reply that is no stream, for the error in it. */
  async #refuse(stream: IncomingMessage, request: ApiRequest, credential: Credential): Promise<never> {
    this.#read(await collectReply(stream), request, credential)
    throw new UnexpectedReplyError(request.target, stream.statusCode ?? 0, 'the reply is not a stream')
  }

  #deadline(request: ApiRequest, leftMs: number): Deadline {
    const { target } = request
    const timeoutMs = Math.min(leftMs, request.timeoutMs ?? this.#options.timeoutMs ?? 30_000)
    const expired = (): Error =>
      new RequestTimeoutError(`${formatTarget(target)}: no complete answer within ${timeoutMs / 1000} s`, {
        target,
        timeoutMs,
        outcome: 'unknown',
      })
    return new Deadline(timeoutMs, expired, request.signal)
  }

  #encode(request: ApiRequest, credential: Credential, signal: AbortSignal, compression: boolean): HttpRequest {
    const { connection } = this
    const { userAgent = 'cdk8s-database' } = this.#options
    return encodeRequest(request, { connection, credential, signal, compression, userAgent })
  }

  #observe(target: RequestTarget, warning: string | string[] | undefined): void {
    for (const text of warningsOf(warning)) {
      if (this.#warned.has(text)) continue
      this.#warned.add(text)
      this.#options.onWarning?.(text, target)
    }
  }
}
