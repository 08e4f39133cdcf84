import type { ApiRequest } from './api-request.ts'
import { formatTarget } from './errors.ts'

/**
 * Whether a process may still write: for one that does so only while it leads.
 *
 * Safety: nobody can take back what was sent. A write under a fence is sent only while there is time, tells the server
 * how long it may take, and is given up when the time is over. A request that the network holds up has until somebody
 * else may begin to arrive.
 */
export interface Fence {
  /** Milliseconds for which writes may go on; none is sent when nothing is left. */
  leftMs(): number
  /** Aborted when the time is over: whatever is under way ends. */
  readonly signal: AbortSignal
}

/** The write was not sent: by now another process may have taken over the work. */
export class FencedError extends Error {
  override readonly name = 'FencedError' as const
}

/** A request that ends with the fence. */
export function endingWith(fence: Fence | undefined, request: ApiRequest): ApiRequest {
  if (fence === undefined) return request
  const { signal } = request
  return { ...request, signal: signal === undefined ? fence.signal : AbortSignal.any([signal, fence.signal]) }
}

/**
 * One attempt within the time that a fence leaves. To be called right before it is sent: the process may have been frozen
 * since it was wanted.
 * @param leftMs milliseconds that are left for the attempt
 * @throws FencedError for a write when no time is left
 */
export function withinFence(
  fence: Fence | undefined,
  request: ApiRequest,
  leftMs: number,
): { readonly request: ApiRequest; readonly leftMs: number } {
  if (fence === undefined || request.method === 'GET') return { request, leftMs }
  const fenceMs = fence.leftMs()
  if (fenceMs <= 0)
    throw new FencedError(`${formatTarget(request.target)}: not sent, for this process does not lead any more`)
  // A server that queues the request must not begin it later, also when the connection is gone and nobody tells it so.
  const query = { ...request.query, timeout: `${Math.ceil(fenceMs / 1000)}s` }
  return { request: { ...request, query }, leftMs: Math.min(leftMs, fenceMs) }
}
