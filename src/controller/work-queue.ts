import { steadyClock } from '../cluster/clock.ts'
import type { Clock } from '../cluster/clock.ts'
import { backoffDelay } from '../cluster/retry.ts'
import type { Backoff } from '../cluster/retry.ts'
import { LONGEST_BACK_OFF_MS, TRANSIENT_BACK_OFF_MS } from '../phases/back-off.ts'
import { TokenBucket } from './token-bucket.ts'
import type { Rate } from './token-bucket.ts'

/** What a queue tells while it works. Nothing here may throw. */
export interface WorkQueueObserver {
  /** A key was put into the queue that was not in it. */
  onAdd?(): void
  /** A key was asked for again after a while. */
  onRetry?(): void
  /** Work on a key begins. @param waitedMs - since it was put into the queue */
  onStart?(waitedMs: number): void
  /** Work on a key is done. */
  onDone?(workedMs: number): void
}

/** How a queue behaves. */
export interface WorkQueueOptions {
  /** @default `steadyClock`, because queueing times are differences */
  readonly clock?: Clock
  /** Waits of one key after failures in a row. @default 5 s doubling to 5 min, up to a fifth of it taken off */
  readonly backoff?: Backoff
  /** Retries of all keys together. @default 10 per second, 100 at once */
  readonly rate?: Rate
  readonly observer?: WorkQueueObserver
}

const retryBackoff: Backoff = { initialMs: TRANSIENT_BACK_OFF_MS, maxMs: LONGEST_BACK_OFF_MS, jitter: 0.2 }

/** As client-go's default limiter. */
const retryRate: Rate = { perSecond: 10, burst: 100 }

/** What a timer of Node can wait for; a longer wait would end at once. */
const LONGEST_WAIT_MS = 2 ** 31 - 1

/** A key that comes into the queue when its time has come. */
interface Later {
  readonly dueMs: number
  readonly waiting: AbortController
}

/**
 * Keys to be worked on, as client-go's rate-limiting queue has them.
 *
 * - A key is in the queue once, however often it is added, and taken in the order in which keys came.
 * - A key is worked on by one worker at a time. Added meanwhile, it comes back to the end of the queue when that one is
 *   done: whoever adds a key can rely on work that begins afterwards.
 * - Failures make the waits of that key longer, nobody else's; a bucket bounds the retries of all.
 *
 * After {@link close} nothing more is taken in or handed out.
 * @see https://pkg.go.dev/k8s.io/client-go/util/workqueue
 */
export class WorkQueue {
  readonly #clock: Clock
  readonly #backoff: Backoff
  readonly #bucket: TokenBucket
  readonly #observer: WorkQueueObserver
  /** Values: since when. */
  readonly #queued = new Map<string, number>()
  /** The keys of that map in order, from {@link #next} on: taking the first of a large map is slow. */
  #order: string[] = []
  #next = 0
  /** Values: since when. */
  readonly #running = new Map<string, number>()
  /** Running, and added meanwhile. Values: since when. */
  readonly #again = new Map<string, number>()
  readonly #later = new Map<string, Later>()
  readonly #failures = new Map<string, number>()
  readonly #takers: ((key: string | undefined) => void)[] = []
  readonly #idle = Promise.withResolvers<void>()
  #closed = false

  constructor(options: WorkQueueOptions = {}) {
    const { clock = steadyClock, backoff = retryBackoff, rate = retryRate, observer = {} } = options
    this.#clock = clock
    this.#backoff = backoff
    this.#bucket = new TokenBucket(rate, clock)
    this.#observer = observer
  }

  /** Keys that wait for a worker. Neither those that run nor those whose time has not come. */
  get depth(): number {
    return this.#queued.size
  }

  /** Keys that are worked on. */
  get running(): number {
    return this.#running.size
  }

  /** Milliseconds that were spent on work which is not done yet, of all workers together. */
  get unfinishedMs(): number {
    const now = this.#clock.now()
    return [...this.#running.values()].reduce((sum, since) => sum + now - since, 0)
  }

  /** Milliseconds that the oldest of the running works has taken so far. */
  get longestRunningMs(): number {
    const now = this.#clock.now()
    return Math.max(0, ...[...this.#running.values()].map((since) => now - since))
  }

  /** Failures of the key in a row. */
  failures(key: string): number {
    return this.#failures.get(key) ?? 0
  }

  /** Has the key worked on as soon as there is a worker, and in any case after this call. */
  add(key: string): void {
    if (this.#closed) return
    const isRunning = this.#running.has(key)
    if ((isRunning ? this.#again : this.#queued).has(key)) return
    if (isRunning) this.#again.set(key, this.#clock.now())
    else this.#enqueue(key, this.#clock.now())
    this.#observer.onAdd?.()
    this.#handOut()
  }

  /** The same after a while; of several such wishes for one key the earliest counts. */
  addAfter(key: string, delayMs: number): void {
    if (this.#closed) return
    this.#observer.onRetry?.()
    if (delayMs <= 0) {
      this.add(key)
      return
    }
    const waitMs = Math.min(delayMs, LONGEST_WAIT_MS)
    const dueMs = this.#clock.now() + waitMs
    const before = this.#later.get(key)
    if (before !== undefined && before.dueMs <= dueMs) return
    before?.waiting.abort()
    const later: Later = { dueMs, waiting: new AbortController() }
    this.#later.set(key, later)
    const come = (): void => {
      // A wait that ends in the same moment in which it is replaced is not the key's any more.
      if (this.#later.get(key) !== later) return
      this.#later.delete(key)
      this.add(key)
    }
    void this.#clock.sleep(waitMs, later.waiting.signal).then(come, () => undefined)
  }

  /** Counts a failure of the key, and has it worked on again after a wait. @returns that wait, in milliseconds */
  addRateLimited(key: string): number {
    const failures = this.failures(key) + 1
    this.#failures.set(key, failures)
    const delayMs = Math.max(backoffDelay(this.#backoff, failures, this.#clock.random()), this.#bucket.reserve())
    this.addAfter(key, delayMs)
    return delayMs
  }

  /** Lets the next failure of the key be its first. What is queued or awaited stays so. */
  forget(key: string): void {
    this.#failures.delete(key)
  }

  /** The next key, when there is one; `undefined` when the queue was closed. Whoever got a key must say {@link done}. */
  take(): Promise<string | undefined> {
    if (this.#closed) return Promise.resolve(undefined)
    const { promise, resolve } = Promise.withResolvers<string | undefined>()
    this.#takers.push(resolve)
    this.#handOut()
    return promise
  }

  /** Ends the work on a key that was taken. @returns how long it took, in milliseconds */
  done(key: string): number {
    const since = this.#running.get(key)
    if (since === undefined) return 0
    const workedMs = this.#clock.now() - since
    this.#running.delete(key)
    this.#observer.onDone?.(workedMs)
    const askedAt = this.#again.get(key)
    if (this.#again.delete(key)) this.#enqueue(key, askedAt ?? since)
    this.#handOut()
    this.#settle()
    return workedMs
  }

  /** Forgets what is queued and awaited, sends the workers home, and waits for the work that is under way. */
  close(): Promise<void> {
    this.#closed = true
    this.#queued.clear()
    this.#order = []
    this.#next = 0
    this.#again.clear()
    for (const { waiting } of this.#later.values()) waiting.abort()
    this.#later.clear()
    for (const taker of this.#takers.splice(0)) taker(undefined)
    this.#settle()
    return this.#idle.promise
  }

  #enqueue(key: string, since: number): void {
    this.#queued.set(key, since)
    this.#order.push(key)
  }

  #handOut(): void {
    while (this.#takers.length > 0) {
      const key = this.#dequeue()
      if (key === undefined) return
      const now = this.#clock.now()
      this.#observer.onStart?.(now - (this.#queued.get(key) ?? now))
      this.#queued.delete(key)
      this.#running.set(key, now)
      this.#takers.shift()?.(key)
    }
  }

  #dequeue(): string | undefined {
    const key = this.#order[this.#next]
    if (key === undefined) return undefined
    this.#next += 1
    // What was taken is let go when it is half of all, which costs each key one move.
    if (this.#next * 2 > this.#order.length) {
      this.#order = this.#order.slice(this.#next)
      this.#next = 0
    }
    return key
  }

  #settle(): void {
    if (this.#closed && this.#running.size === 0) this.#idle.resolve()
  }
}
