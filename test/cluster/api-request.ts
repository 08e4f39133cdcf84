/**
 * One HTTPS request to a throwaway API server.
 *
 * Deliberately not the product's transport: tests must be able to look at the server without the code under test.
 */
import { request } from 'node:https'

/** Where an API server is and who asks. */
export interface ApiServerAddress {
  /** `https://127.0.0.1:PORT` */
  readonly server: string
  /** PEM */
  readonly certificateAuthority: string
  readonly token: string
}

/** What to ask for besides method and path. */
export interface ApiRequestOptions {
  /** Sent as JSON; a string is sent as it is. */
  readonly body?: unknown
  /** @default application/json, for a PATCH application/apply-patch+yaml */
  readonly contentType?: string
  /** Another identity. @default the address' */
  readonly token?: string
  /** For the whole exchange. @default 30000 */
  readonly timeoutMs?: number
}

/** The server's answer, whatever its status. */
export interface ApiReply {
  readonly status: number
  /** Parsed when it is JSON, else the text. */
  readonly body: unknown
  /** What the server warns of, as the header has it; absent where it warns of nothing. */
  readonly warnings?: string
}

/**
 * Sends one request on a connection of its own.
 *
 * @throws Error of node:https when no answer arrives; every HTTP status is an answer.
 */
export function requestApi(
  address: ApiServerAddress,
  method: string,
  path: string,
  options: ApiRequestOptions = {},
): Promise<ApiReply> {
  const { body, timeoutMs = 30_000 } = options
  const contentType = options.contentType ?? (method === 'PATCH' ? 'application/apply-patch+yaml' : 'application/json')
  const text = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body)
  return new Promise((resolve, reject) => {
    const sent = request(
      new URL(path, address.server),
      {
        method,
        ca: address.certificateAuthority,
        agent: false,
        signal: AbortSignal.timeout(timeoutMs),
        headers: {
          Accept: 'application/json',
          Authorization: `Bearer ${options.token ?? address.token}`,
          ...(text === undefined ? {} : { 'Content-Type': contentType, 'Content-Length': Buffer.byteLength(text) }),
        },
      },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () => {
          const answer = Buffer.concat(chunks).toString('utf8')
          const isJson = response.headers['content-type']?.startsWith('application/json') === true
          const { warning } = response.headers
          resolve({
            status: response.statusCode ?? 0,
            body: isJson ? (JSON.parse(answer) as unknown) : answer,
            ...(warning === undefined ? {} : { warnings: warning }),
          })
        })
      },
    )
    sent.on('error', reject)
    sent.end(text)
  })
}
