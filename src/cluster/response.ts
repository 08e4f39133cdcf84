import type { IncomingHttpHeaders } from 'node:http'
import { ApiError, UnexpectedReplyError } from './errors.ts'
import type { RequestTarget, StatusCause } from './errors.ts'
import type { HttpReply } from './connection.ts'
import { isJsonObject } from './json-object.ts'
import type { JsonObject } from './json-object.ts'
import { redact } from './redaction.ts'
import { parseRetryAfter } from './retry.ts'

/**
 * What a successful reply must be. Without this check a captive portal's page, or `{}`, would read as "nothing exists".
 * - `{ kind }`: an object of this kind
 * - `{ listOf }`: a list whose items are of this kind
 * - `deletion`: the object, or a Status that says Success
 * - `discovery`: the resources of a group and version
 * - `untyped`: a JSON object that is not empty (`/version`)
 */
export type Expectation = { readonly kind: string } | { readonly listOf: string } | 'deletion' | 'discovery' | 'untyped'

/** What is known about a request when its reply is read. */
export interface ReplyContext {
  readonly target: RequestTarget
  readonly expect: Expectation
  /** Body that was sent; used only to keep values of a Secret out of messages. */
  readonly sent?: unknown
  /** Credential that was sent, for the same reason. */
  readonly authorization?: string
  readonly nowMs: number
}

/**
 * Reads a reply as Kubernetes means it.
 *
 * @returns the JSON body of a success
 * @throws ApiError for a refusal, UnexpectedReplyError for anything that is not from an API server
 */
export function readReply(reply: HttpReply, context: ReplyContext): JsonObject {
  const { target } = context
  const body = parseBody(reply)
  if (reply.status >= 400) throw refusal(reply, body, context)
  if (reply.status >= 300) {
    const location = reply.headers.location ?? ''
    const host = URL.canParse(location) ? ` to ${new URL(location).host}` : ''
    throw new UnexpectedReplyError(target, reply.status, `redirect ${reply.status}${host}, which is not followed`)
  }
  if (body === undefined) {
    const type = reply.headers['content-type'] ?? 'no content type'
    throw new UnexpectedReplyError(
      target,
      reply.status,
      `reply ${reply.status} is not JSON (${type}, ${reply.bytesReceived} bytes)`,
    )
  }
  const problem = mismatch(body, context.expect)
  if (problem !== undefined) throw new UnexpectedReplyError(target, reply.status, `reply ${reply.status} ${problem}`)
  return body
}

/** Whether a reply says that its body is JSON. */
export function isJson(headers: IncomingHttpHeaders): boolean {
  return /^application\/json(?:;|$)/i.test(headers['content-type'] ?? '')
}

/** Texts of the `Warning` headers of a reply. @see https://kubernetes.io/blog/2020/09/03/warnings/ */
export function warningsOf(header: string | readonly string[] | undefined): readonly string[] {
  const joined = [header ?? []].flat().join(', ')
  return [...joined.matchAll(/299 \S+ "((?:[^"\\]|\\.)*)"/g)].map(([, text = '']) => text.replaceAll(/\\(.)/g, '$1'))
}

function parseBody(reply: HttpReply): JsonObject | undefined {
  if (!isJson(reply.headers)) return undefined
  try {
    const value: unknown = JSON.parse(reply.body)
    return isJsonObject(value) ? value : undefined
  } catch {
    // Reported by the caller as "not JSON"; the parser's message would quote the body.
    return undefined
  }
}

function mismatch(body: JsonObject, expect: Expectation): string | undefined {
  const { kind } = body
  if (expect === 'untyped') return Object.keys(body).length > 0 ? undefined : 'is empty'
  if (typeof kind !== 'string' || kind === '') return 'has no kind'
  if (expect === 'discovery') return kind === 'APIResourceList' ? undefined : `is a ${kind}, not an APIResourceList`
  if (expect === 'deletion') {
    if (kind !== 'Status') return isJsonObject(body['metadata']) ? undefined : `is a ${kind} without metadata`
    return body['status'] === 'Success' ? undefined : 'is a Status that is no success'
  }
  if ('listOf' in expect) {
    if (kind !== `${expect.listOf}List` && kind !== 'List') return `is a ${kind}, not a list of ${expect.listOf}`
    // Go writes an empty list as null where the field was never set.
    return Array.isArray(body['items']) || body['items'] === null ? undefined : 'is a list without items'
  }
  if (kind !== expect.kind) return `is a ${kind}, not a ${expect.kind}`
  return isJsonObject(body['metadata']) ? undefined : `is a ${kind} without metadata`
}

function refusal(reply: HttpReply, body: JsonObject | undefined, context: ReplyContext): ApiError {
  const { target } = context
  const retryAfterMs = parseRetryAfter(reply.headers['retry-after'], context.nowMs)
  const waiting = retryAfterMs === undefined ? {} : { retryAfterMs }
  const hide = (text: string): string => redact(text, context.sent, context.authorization?.replace(/^\w+ /, ''))
  if (body?.['kind'] !== 'Status') {
    const type = reply.headers['content-type']?.split(';')[0] ?? 'no content type'
    if (reply.status === 404 && !isPlainNotFound(reply)) {
      throw new UnexpectedReplyError(target, 404, `reply 404 has no Kubernetes status (${type})`)
    }
    const serverMessage = isPlainNotFound(reply)
      ? 'the server does not know this path'
      : `the reply has no Kubernetes status (${type}, ${reply.bytesReceived} bytes)`
    return new ApiError({ target, code: reply.status, serverMessage, ...waiting })
  }
  return apiErrorOf(body, target, { code: reply.status, hide, ...waiting })
}

/** What is known about a refusal besides its Status. */
interface RefusalContext {
  /** @default the Status's own code */
  readonly code?: number
  readonly retryAfterMs?: number
  /** Takes secrets out of a text. @default nothing is taken out */
  readonly hide?: (text: string) => string
}

/** The error that a Kubernetes Status describes. */
export function apiErrorOf(status: JsonObject, target: RequestTarget, context: RefusalContext = {}): ApiError {
  const hide = context.hide ?? ((text: string): string => text)
  const code = context.code ?? (typeof status['code'] === 'number' ? status['code'] : 0)
  const reason = textOf(status['reason'])
  const details = isJsonObject(status['details']) ? status['details'] : {}
  const kind = textOf(details['kind'])
  const name = textOf(details['name'])
  const seconds = details['retryAfterSeconds']
  const retryAfterMs = context.retryAfterMs ?? (typeof seconds === 'number' && seconds > 0 ? seconds * 1000 : undefined)
  return new ApiError({
    target,
    code,
    serverMessage: hide(textOf(status['message']) ?? 'no message'),
    causes: readCauses(details['causes'], hide),
    about: { ...(kind === undefined ? {} : { kind }), ...(name === undefined ? {} : { name }) },
    ...(reason === undefined ? {} : { reason }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  })
}

/** The API server's answer to a path of a group that nobody serves. */
function isPlainNotFound(reply: HttpReply): boolean {
  return reply.status === 404 && reply.body.trim() === '404 page not found'
}

function readCauses(causes: unknown, hide: (text: string) => string): readonly StatusCause[] {
  if (!Array.isArray(causes)) return []
  return causes.filter(isJsonObject).map((cause) => {
    const reason = textOf(cause['reason'])
    const message = textOf(cause['message'])
    const field = textOf(cause['field'])
    return {
      ...(reason === undefined ? {} : { reason }),
      ...(message === undefined ? {} : { message: hide(message) }),
      ...(field === undefined ? {} : { field }),
    }
  })
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
