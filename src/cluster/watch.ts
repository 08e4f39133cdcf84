import type { IncomingMessage } from 'node:http'
import type { Client } from './client.ts'
import type { Selection } from './client-options.ts'
import { systemClock } from './clock.ts'
import type { Clock } from './clock.ts'
import { isGone, isKindNotServed } from './error-guards.ts'
import { ApiError, UnexpectedReplyError } from './errors.ts'
import type { RequestTarget } from './errors.ts'
import { isJsonObject } from './json-object.ts'
import { isKubernetesObject } from './kubernetes-object.ts'
import { ObservedObjects } from './observed-objects.ts'
import { notServed, selectionQuery } from './resource-requests.ts'
import { apiErrorOf } from './response.ts'
import { backoffDelay } from './retry.ts'
import type { Backoff } from './retry.ts'
import type { WatchEvent } from './watch-event.ts'
import { watchLines } from './watch-stream.ts'
import type { WatchLine } from './watch-stream.ts'

/** How a watch behaves. */
export interface WatchOptions {
  /** Ends the watch: the iteration returns and the socket is closed. */
  readonly signal: AbortSignal
  /** Longest silence, in milliseconds. The server sends a bookmark about once a minute. @default 90000 */
  readonly idleMs?: number
  /**
   * After so long, in milliseconds, the collection is listed anew when a watch ends, and no watch is asked to last longer:
   * an event that never came is made up for. @default 3600000
   */
  readonly relistMs?: number
  /** Waits after failures and after watches that ended soon. @default 800 ms doubling to 30 s, jittered, as client-go */
  readonly backoff?: Backoff
  /** A watch that held this long, in milliseconds, resets the back-off. @default 30000 */
  readonly healthyMs?: number
  readonly clock?: Clock
}

/** See {@link WatchOptions.relistMs}. */
const RELIST_MS = 3_600_000

const watchBackoff: Backoff = { initialMs: 800, maxMs: 30_000, jitter: 0.5 }

/**
 * Tells about the objects of a collection, from now on and for as long as `signal` allows.
 *
 * Workflow: list; then watch from there; a watch that ends is resumed where it stopped; only when the server says that
 * this place is too old (410), or once an hour, is the collection listed again, and what vanished in between is told as
 * deleted.
 *
 * Safety: at most one stream is open, and leaving the loop or aborting `signal` closes it. Failures are never thrown:
 * they are told as `interrupted`, and what was known stays known.
 *
 * @see https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
 */
export async function* watch(
  client: Client,
  selection: Selection,
  options: WatchOptions,
): AsyncGenerator<WatchEvent, void, void> {
  const { signal, backoff = watchBackoff, healthyMs = 30_000, relistMs = RELIST_MS, clock = systemClock } = options
  const observed = new ObservedObjects()
  let resourceVersion: string | undefined
  let listedAt = 0
  let failures = 0
  let isInterrupted = false
  while (!signal.aborted) {
    const startedAt = clock.now()
    let problem: unknown
    try {
      if (resourceVersion === undefined) {
        const list = await client.list(selection, { signal })
        yield* observed.replace(list.items)
        resourceVersion = list.resourceVersion
        listedAt = clock.now()
        yield { type: 'synced', resourceVersion, listed: observed }
      }
      const opened = await openStream(client, selection, resourceVersion, options)
      if (isInterrupted) yield { type: 'resumed' }
      isInterrupted = false
      for await (const line of readLines(opened, options)) {
        yield* eventsOf(line, observed)
        resourceVersion = line.resourceVersion
      }
    } catch (error) {
      problem = error
      if (mustListAgain(error)) resourceVersion = undefined
    }
    if (Math.abs(clock.now() - listedAt) >= relistMs) resourceVersion = undefined
    if (signal.aborted) return
    const held = clock.now() - startedAt >= healthyMs
    if (held) failures = 0
    // A stream that the server ended in good order after a while is simply resumed.
    if (held && problem === undefined) continue
    failures += 1
    const retryInMs = Math.max(askedWait(problem), backoffDelay(backoff, failures, clock.random()))
    if (problem !== undefined && !isGone(problem)) {
      isInterrupted = true
      yield { type: 'interrupted', error: problem, retryInMs }
    }
    await clock.sleep(retryInMs, signal).catch(ignoreAbort(signal))
  }
}

/** A line whose object, or at least its version, is known. */
interface ReadLine extends WatchLine {
  readonly resourceVersion: string
}

/** A watch that the server has accepted. */
interface OpenedStream {
  readonly stream: IncomingMessage
  readonly target: RequestTarget
}

async function* readLines(
  { stream, target }: OpenedStream,
  { idleMs = 90_000 }: WatchOptions,
): AsyncGenerator<ReadLine, void, void> {
  for await (const line of watchLines(stream, idleMs)) {
    if (line.type === 'ERROR') throw apiErrorOf(line.object, target)
    const { metadata } = line.object
    const version = isJsonObject(metadata) ? metadata['resourceVersion'] : undefined
    if (typeof version !== 'string')
      throw new UnexpectedReplyError(target, 200, 'the watch sent a line that is no event')
    yield { ...line, resourceVersion: version }
  }
}

async function openStream(
  client: Client,
  selection: Selection,
  resourceVersion: string,
  { signal, relistMs = RELIST_MS, clock = systemClock }: WatchOptions,
): Promise<OpenedStream> {
  const call = await client.collection('watch', selection, signal)
  // Between five and ten minutes, so that many watches do not end in the same moment.
  const timeoutSeconds = Math.max(1, Math.round(Math.min(300 * (1 + clock.random()), relistMs / 1000)))
  const query = {
    ...selectionQuery(selection),
    watch: true,
    allowWatchBookmarks: true,
    resourceVersion,
    timeoutSeconds,
  }
  const { target, path } = call
  try {
    const stream = await client.transport.stream({
      target,
      path,
      query,
      method: 'GET',
      expect: 'untyped',
      retry: 'never',
      signal,
    })
    return { stream, target }
  } catch (error) {
    throw notServed(call, error) ?? error
  }
}

function eventsOf({ type, object }: WatchLine, observed: ObservedObjects): readonly WatchEvent[] {
  // A bookmark carries a version and nothing else.
  if (type === 'BOOKMARK' || !isKubernetesObject(object)) return []
  return type === 'DELETED' ? observed.remove(object) : observed.put(object)
}

function mustListAgain(error: unknown): boolean {
  return isGone(error) || isKindNotServed(error) || error instanceof UnexpectedReplyError
}

function askedWait(error: unknown): number {
  return error instanceof ApiError ? (error.retryAfterMs ?? 0) : 0
}

function ignoreAbort(signal: AbortSignal): (error: unknown) => void {
  return (error) => {
    if (!signal.aborted) throw error
  }
}
