import type { RequestTarget } from './errors.ts'
import type { ItemSink } from './list-items.ts'
import type { Expectation } from './response.ts'
import type { RetrySafety } from './retry.ts'

/** One request to the API server. */
export interface ApiRequest {
  readonly target: RequestTarget
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Below the server's address, already percent-encoded: `/api/v1/namespaces/shop/secrets/orders`. */
  readonly path: string
  /** `undefined` values are left out. */
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>
  /** Sent as `JSON.stringify(body)`, nothing added, nothing dropped. */
  readonly body?: unknown
  /** @default 'application/json' */
  readonly contentType?: string
  /** Which representation is asked for. @default 'application/json' */
  readonly accept?: string
  readonly expect: Expectation
  /**
   * Called when an attempt begins; the result is told of each item of the list that comes, and the reply is the list
   * without them.
   */
  readonly itemSink?: () => ItemSink
  readonly retry: RetrySafety
  /** Time for one attempt, from sending to the last byte, in milliseconds. @default 30000 */
  readonly timeoutMs?: number
  /** Time for all attempts and the waits between them, in milliseconds. @default 60000 */
  readonly deadlineMs?: number
  /** Ends the request at once; its reason is thrown. */
  readonly signal?: AbortSignal
}
