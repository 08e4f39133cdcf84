import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { healthOf } from './health.ts'
import type { HealthCheck } from './health.ts'
import type { ListenAddress } from './listen-address.ts'
import { METRICS_CONTENT_TYPE } from './metrics.ts'
import type { MetricsRegistry } from './metrics.ts'

/** What to serve, and where. */
export interface MetricsServerOptions {
  readonly address: ListenAddress
  readonly registry: Pick<MetricsRegistry, 'text'>
  /** `/healthz`: when one of them fails, the process should be started again. */
  readonly healthz: readonly HealthCheck[]
  /** `/readyz`: when one of them fails, the process should be given time. */
  readonly readyz: readonly HealthCheck[]
  /** What went wrong, with the name of the check. Must not throw. */
  readonly onFailure?: (name: string, error: unknown) => void
}

/** A server that listens. */
export interface MetricsServer {
  /** Host and port, as {@link MetricsServerOptions.address} asked for it. */
  readonly host: string
  readonly port: number
  /** Answers what was asked, and ends. */
  close(): Promise<void>
}

/** An answer as plain text. */
interface Answer {
  readonly code: number
  readonly body: string
  readonly contentType?: string
}

/** How long answers that are under way may take when the server is closed, in milliseconds. */
const CLOSING_MS = 1000

/** Prometheus, the kubelet and a person or two. */
const MOST_CONNECTIONS = 64

/**
 * Serves `/metrics`, `/healthz` and `/readyz`, and each check by itself as `/healthz/NAME`. `?verbose` lists the checks
 * as the API server does, `?exclude=NAME` leaves one out. There is no TLS and no login: what is served is no secret, and
 * a failed check does not say why.
 *
 * @throws Error of node:net when the address cannot be listened on
 */
export async function startMetricsServer(options: MetricsServerOptions): Promise<MetricsServer> {
  const server = createServer({ requestTimeout: 10_000, headersTimeout: 5000 }, (request, response) => {
    void respond(request, response, options)
  })
  server.maxConnections = MOST_CONNECTIONS
  server.listen(options.address.port, options.address.host)
  await once(server, 'listening')
  const bound = server.address()
  const { address: host, port } = typeof bound === 'object' && bound !== null ? bound : { address: '', port: 0 }
  return {
    host,
    port,
    async close() {
      if (!server.listening) return
      const closed = once(server, 'close')
      server.close()
      const timer = setTimeout(() => server.closeAllConnections(), CLOSING_MS)
      await closed
      clearTimeout(timer)
    },
  }
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  options: MetricsServerOptions,
): Promise<void> {
  let answer: Answer
  try {
    answer = await answerTo(request, options)
  } catch (error) {
    options.onFailure?.('server', error)
    answer = { code: 500, body: 'internal error\n' }
  }
  const { code, body, contentType = 'text/plain; charset=utf-8' } = answer
  response.writeHead(code, {
    'content-type': contentType,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-cache, private',
    'x-content-type-options': 'nosniff',
    ...(code === 405 ? { allow: 'GET, HEAD' } : {}),
  })
  response.end(request.method === 'HEAD' ? undefined : body)
}

async function answerTo(request: IncomingMessage, options: MetricsServerOptions): Promise<Answer> {
  if (request.method !== 'GET' && request.method !== 'HEAD') return { code: 405, body: 'method not allowed\n' }
  const [path = '', query = ''] = (request.url ?? '').split('?', 2)
  if (path === '/metrics') return { code: 200, body: options.registry.text(), contentType: METRICS_CONTENT_TYPE }
  const [, endpoint, name, more] = path.split('/')
  if ((endpoint !== 'healthz' && endpoint !== 'readyz') || more !== undefined) return notFound
  const checks = options[endpoint].filter((check) => name === undefined || name === '' || check.name === name)
  if (name !== undefined && name !== '' && checks.length === 0) return notFound
  return health(endpoint, checks, new URLSearchParams(query), options)
}

const notFound: Answer = { code: 404, body: 'not found\n' }

async function health(
  endpoint: string,
  checks: readonly HealthCheck[],
  query: URLSearchParams,
  { onFailure }: MetricsServerOptions,
): Promise<Answer> {
  const { isWell, lines } = await healthOf(checks, {
    excluded: query.getAll('exclude'),
    ...(onFailure === undefined ? {} : { onFailure }),
  })
  const list = [...lines, `${endpoint} check ${isWell ? 'passed' : 'failed'}`].map((line) => `${line}\n`).join('')
  if (!isWell) return { code: 500, body: list }
  return { code: 200, body: query.has('verbose') ? list : 'ok' }
}
