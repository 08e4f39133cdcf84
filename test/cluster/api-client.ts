/**
 * A small JSON client for the Kubernetes API, independent of the product's own transport.
 *
 * The local node lives on it, and tests use it as the second opinion: what they assert about the cluster must not pass
 * through the code under test.
 */
import { Agent, request as httpsRequest } from 'node:https'
import type { IncomingMessage } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

/** Where the API server is and who asks. */
export interface ApiClientOptions {
  /** For instance `https://127.0.0.1:6443`. */
  readonly server: string
  /** PEM of the authority that signed the server's certificate. */
  readonly certificateAuthority: string
  /** Bearer token. */
  readonly token: string
}

/** The part that every object has. */
export interface ApiObject {
  apiVersion?: string
  kind?: string
  metadata: ObjectMeta
}

/** Metadata as the server returns it. */
interface ObjectMeta {
  name: string
  namespace?: string
  uid?: string
  resourceVersion?: string
  generation?: number
  generateName?: string
  creationTimestamp?: string
  deletionTimestamp?: string
  deletionGracePeriodSeconds?: number
  labels?: Record<string, string>
  annotations?: Record<string, string>
  finalizers?: string[]
  ownerReferences?: { apiVersion: string; kind: string; name: string; uid: string; controller?: boolean }[]
}

/** One change of an object, as the server reports it. */
export interface WatchEvent<T> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
  readonly object: T
}

/** Query parameters; `undefined` ones are left out. */
export type Query = Readonly<Record<string, string | number | boolean | undefined>>

/** The server answered, and said no. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  /** The HTTP status code. */
  readonly code: number
  /** The machine-readable reason of the Status object, for instance `NotFound`. */
  readonly reason: string

  constructor(code: number, reason: string, message: string) {
    super(message)
    this.code = code
    this.reason = reason
  }
}

/** A collection, and the version from which to watch it. */
export interface ListReply<T> {
  readonly items: T[]
  readonly resourceVersion: string
}

interface RawList<T> {
  readonly items: T[]
  readonly metadata: { readonly resourceVersion: string }
}

interface StatusObject {
  kind?: string
  code?: number
  reason?: string
  message?: string
}

interface RawEvent<T> {
  readonly type: WatchEvent<T>['type'] | 'BOOKMARK' | 'ERROR'
  readonly object: T & StatusObject
}

interface RawRequest {
  readonly method: string
  readonly path: string
  readonly query?: Query | undefined
  readonly body?: string | undefined
  readonly contentType?: string | undefined
  readonly signal?: AbortSignal | undefined
}

/** How long a request other than a watch may take. */
const requestTimeoutMs = 30_000
/** Sooner than the server's own limit of 30 to 60 minutes, so that a silently dead connection is noticed. */
const watchTimeoutSeconds = 300
const reconnectDelayMs = 200

const parseError = (code: number, text: string): ApiError => {
  try {
    const status: StatusObject = JSON.parse(text)
    return new ApiError(code, status.reason ?? 'Unknown', status.message ?? text)
  } catch {
    return new ApiError(code, 'Unknown', text.slice(0, 2000))
  }
}

/** Talks to one API server over kept connections. Call {@link ApiClient.close} when done. */
export class ApiClient {
  readonly #options: ApiClientOptions
  readonly #agent: Agent
  readonly #watchAgent: Agent

  constructor(options: ApiClientOptions) {
    this.#options = options
    this.#agent = new Agent({ keepAlive: true, maxSockets: 32, ca: options.certificateAuthority })
    // Watches hold their connection; in the shared pool they would starve the requests.
    this.#watchAgent = new Agent({ ca: options.certificateAuthority })
  }

  /** Ends the kept connections. */
  close(): void {
    this.#agent.destroy()
    this.#watchAgent.destroy()
  }

  /** Any request with a JSON (or no) reply. Throws {@link ApiError} for a status of 400 and above. */
  async request<T>(method: string, path: string, options: Omit<RawRequest, 'method' | 'path'> = {}): Promise<T> {
    const timeout = AbortSignal.timeout(requestTimeoutMs)
    const signal = options.signal === undefined ? timeout : AbortSignal.any([options.signal, timeout])
    const text = await this.text(method, path, { ...options, signal })
    const reply: T = text === '' ? undefined : JSON.parse(text)
    return reply
  }

  /** Any request, with the reply as text; for logs. */
  async text(method: string, path: string, options: Omit<RawRequest, 'method' | 'path'> = {}): Promise<string> {
    const response = await this.#send({ ...options, method, path }, this.#agent)
    const text = await readAll(response)
    if ((response.statusCode ?? 0) >= 400) throw parseError(response.statusCode ?? 0, text)
    return text
  }

  /** The object at `path`. */
  async get<T extends ApiObject>(path: string): Promise<T> {
    return await this.request<T>('GET', path)
  }

  /** The object at `path`, or nothing when there is none. */
  async find<T extends ApiObject>(path: string): Promise<T | undefined> {
    try {
      return await this.get<T>(path)
    } catch (error) {
      if (error instanceof ApiError && error.code === 404) return undefined
      throw error
    }
  }

  /** The collection at `path`. */
  async list<T extends ApiObject>(path: string, query?: Query): Promise<ListReply<T>> {
    const reply = await this.request<RawList<T>>('GET', path, { query })
    return { items: reply.items, resourceVersion: reply.metadata.resourceVersion }
  }

  /** Creates `object` in the collection at `path`. */
  async create<T>(path: string, object: unknown, query?: Query): Promise<T> {
    return await this.request<T>('POST', path, { body: JSON.stringify(object), query })
  }

  /** Replaces the object at `path`. */
  async replace<T>(path: string, object: unknown): Promise<T> {
    return await this.request<T>('PUT', path, { body: JSON.stringify(object) })
  }

  /** JSON merge patch of the object (or subresource) at `path`. */
  async merge<T>(path: string, patch: unknown, query?: Query): Promise<T> {
    const body = JSON.stringify(patch)
    return await this.request<T>('PATCH', path, { body, query, contentType: 'application/merge-patch+json' })
  }

  /** Server-side apply of `object` at `path`. */
  async apply<T>(path: string, object: unknown, fieldManager: string, query: Query = {}): Promise<T> {
    return await this.request<T>('PATCH', path, {
      body: JSON.stringify(object),
      query: { fieldManager, ...query },
      contentType: 'application/apply-patch+yaml',
    })
  }

  /** Deletes the object at `path`; an object that is gone already is fine. */
  async delete(path: string, options: unknown = {}): Promise<void> {
    try {
      await this.request('DELETE', path, { body: JSON.stringify(options) })
    } catch (error) {
      if (!(error instanceof ApiError && error.code === 404)) throw error
    }
  }

  /**
   * Changes of the collection at `path` after `resourceVersion`, across dropped connections, until `signal` aborts.
   *
   * Throws {@link ApiError} with code 410 when the version is too old to resume from: list again.
   */
  async *watch<T extends ApiObject>(
    path: string,
    resourceVersion: string,
    options: { readonly query?: Query; readonly signal?: AbortSignal } = {},
  ): AsyncGenerator<WatchEvent<T>, void, undefined> {
    const { signal } = options
    let version = resourceVersion
    for (;;) {
      if (signal?.aborted === true) return
      try {
        const query = {
          ...options.query,
          watch: 1,
          allowWatchBookmarks: true,
          timeoutSeconds: watchTimeoutSeconds,
          resourceVersion: version,
        }
        const response = await this.#send({ method: 'GET', path, query, signal }, this.#watchAgent)
        if (response.statusCode !== 200) throw parseError(response.statusCode ?? 0, await readAll(response))
        for await (const line of lines(response)) {
          const event: RawEvent<T> = JSON.parse(line)
          if (event.type === 'ERROR') {
            throw new ApiError(event.object.code ?? 500, event.object.reason ?? 'Unknown', event.object.message ?? line)
          }
          version = event.object.metadata.resourceVersion ?? version
          if (event.type !== 'BOOKMARK') yield { type: event.type, object: event.object }
        }
      } catch (error) {
        if (error instanceof ApiError) throw error
        await sleep(reconnectDelayMs, undefined, signal && { signal }).catch(() => undefined)
      }
    }
  }

  /**
   * Lists, then watches, for as long as `signal` allows, and lists again whenever the server has forgotten the version:
   * `onEvent` sees every object once as ADDED and, after a gap, also what disappeared in between.
   *
   * Resolves after the first list was delivered; the rest goes on in the background.
   */
  async follow<T extends ApiObject>(
    path: string,
    onEvent: (event: WatchEvent<T>) => void,
    options: { readonly query?: Query; readonly signal: AbortSignal },
  ): Promise<void> {
    const known = new Map<string, T>()
    const relist = async (): Promise<string> => {
      const { items, resourceVersion } = await this.list<T>(path, options.query)
      const gone = new Map(known)
      for (const object of items) {
        const uid = object.metadata.uid ?? object.metadata.name
        gone.delete(uid)
        const before = known.get(uid)
        known.set(uid, object)
        if (before === undefined) onEvent({ type: 'ADDED', object })
        else if (before.metadata.resourceVersion !== object.metadata.resourceVersion)
          onEvent({ type: 'MODIFIED', object })
      }
      for (const [uid, object] of gone) {
        known.delete(uid)
        onEvent({ type: 'DELETED', object })
      }
      return resourceVersion
    }
    let version = await relist()
    const run = async (): Promise<void> => {
      while (!options.signal.aborted) {
        try {
          for await (const event of this.watch<T>(path, version, options)) {
            const uid = event.object.metadata.uid ?? event.object.metadata.name
            if (event.type === 'DELETED') known.delete(uid)
            else known.set(uid, event.object)
            version = event.object.metadata.resourceVersion ?? version
            onEvent(event)
          }
        } catch (error) {
          if (!(error instanceof ApiError)) throw error
          await sleep(reconnectDelayMs)
          if (!options.signal.aborted) version = await relist().catch(() => version)
        }
      }
    }
    void run()
  }

  async #send(raw: RawRequest, agent: Agent): Promise<IncomingMessage> {
    const url = new URL(raw.path, this.#options.server)
    for (const [name, value] of Object.entries(raw.query ?? {})) {
      if (value !== undefined) url.searchParams.set(name, String(value))
    }
    const headers: Record<string, string> = {
      Accept: 'application/json',
      Authorization: `Bearer ${this.#options.token}`,
    }
    if (raw.body !== undefined) {
      headers['Content-Type'] = raw.contentType ?? 'application/json'
      headers['Content-Length'] = String(Buffer.byteLength(raw.body))
    }
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
    const outgoing = httpsRequest(url, {
      method: raw.method,
      headers,
      agent,
      ...(raw.signal && { signal: raw.signal }),
    })
    outgoing.on('response', resolve)
    outgoing.on('error', reject)
    outgoing.end(raw.body)
    return await promise
  }
}

const readAll = async (response: IncomingMessage): Promise<string> => {
  const stream: AsyncIterable<Buffer> = response
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

async function* lines(response: IncomingMessage): AsyncGenerator<string, void, undefined> {
  response.setEncoding('utf8')
  const stream: AsyncIterable<string> = response
  let rest = ''
  for await (const chunk of stream) {
    const parts = (rest + chunk).split('\n')
    rest = parts.pop() ?? ''
    for (const part of parts) if (part !== '') yield part
  }
}
