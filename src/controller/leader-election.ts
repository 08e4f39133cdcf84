import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { steadyClock } from '../cluster/clock.ts'
import type { Clock } from '../cluster/clock.ts'
import { isAlreadyExists, isConflict } from '../cluster/error-guards.ts'
import type { Fence } from '../cluster/fence.ts'
import { LeaseLock } from './lease-lock.ts'
import type { LeaseClient } from './lease-lock.ts'

/** What an election tells. */
export type LeaderEvent =
  | { readonly type: 'leading' }
  /** Somebody else holds the lease; told once for each of them. */
  | { readonly type: 'following'; readonly holder: string }
  /** A request failed; another one follows as long as there is time. */
  | { readonly type: 'failed'; readonly error: unknown }
  | { readonly type: 'lost'; readonly error: LeadershipLostError }
  | { readonly type: 'released' }

/** Who wants to lead, and how. */
export interface LeaderElectionOptions {
  readonly client: LeaseClient
  /** Of the Lease. */
  readonly namespace: string
  /** Of the Lease. */
  readonly name: string
  /** No two processes may have the same. @default {@link candidateIdentity} */
  readonly identity?: string
  /** How long others wait for a holder that is not heard of; whole seconds, in milliseconds. @default 15000 */
  readonly leaseDurationMs?: number
  /** How long a holder goes on that cannot renew, in milliseconds. @default 10000 */
  readonly renewDeadlineMs?: number
  /** Milliseconds between two attempts. @default 2000 */
  readonly retryPeriodMs?: number
  /** @default `steadyClock`: an election must not be decided by somebody who sets the time */
  readonly clock?: Clock
  /** Must not throw. */
  readonly onEvent?: (event: LeaderEvent) => void
}

/** By how much an attempt to acquire may come later, as a share of the retry period; client-go's figure. */
const JITTER = 1.2

/** Ends the leadership of a run. */
type Lose = (why: string) => void

/** The lease was not renewed in time, or somebody else holds it. What was begun under it has been aborted. */
export class LeadershipLostError extends Error {
  override readonly name = 'LeadershipLostError' as const
}

/** A name that no other process has: host and a random part. */
export function candidateIdentity(): string {
  return `${hostname()}_${randomUUID()}`
}

/**
 * Leads, or waits for it: of all processes that ask for the same Lease, one does the work.
 *
 * Workflow: wait until the lease is free, released, or was not renewed for as long as its record says; take it; renew it
 * while the work runs, also while it stops; give it back when the work has stopped.
 *
 * Safety: the work is aborted when the renew deadline is over, counted from when the last renewal that succeeded was
 * sent. That is before anybody's lease duration is over, so nobody else has begun. A process that was frozen cannot be
 * told in time: the fence that the work gets looks at the clock before each write. And a Lease that is deleted by hand is free for a candidate that
 * never saw it.
 * @see https://pkg.go.dev/k8s.io/client-go/tools/leaderelection
 */
export class LeaderElection {
  readonly identity: string
  readonly #lock: LeaseLock
  readonly #retryPeriodMs: number
  readonly #renewDeadlineMs: number
  readonly #clock: Clock
  readonly #tell: (event: LeaderEvent) => void
  #isRunning = false
  #toldHolder: string | undefined

  /** @throws RangeError for times that would let two lead, and for an empty identity */
  constructor(options: LeaderElectionOptions) {
    const { client, namespace, name, identity = candidateIdentity(), clock = steadyClock, onEvent } = options
    const { leaseDurationMs = 15_000, renewDeadlineMs = 10_000, retryPeriodMs = 2000 } = options
    if (leaseDurationMs % 1000 !== 0) throw new RangeError('the lease duration must be whole seconds')
    if (leaseDurationMs <= renewDeadlineMs)
      throw new RangeError('the lease duration must be longer than the renew deadline')
    if (renewDeadlineMs <= retryPeriodMs * JITTER || retryPeriodMs <= 0)
      throw new RangeError(`the renew deadline must be longer than ${JITTER} retry periods, and those not be nothing`)
    if (identity === '') throw new RangeError('a candidate needs an identity')
    const reference = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', namespace, name }
    this.identity = identity
    this.#lock = new LeaseLock({ client, reference, identity, leaseDurationMs, renewDeadlineMs, clock })
    this.#renewDeadlineMs = renewDeadlineMs
    this.#retryPeriodMs = retryPeriodMs
    this.#clock = clock
    this.#tell = onEvent ?? ((): void => undefined)
  }

  /** Whether this process leads at this moment, and nobody else can. */
  get isLeading(): boolean {
    return this.#isRunning && this.#isInTime()
  }

  /**
   * Waits until this process leads, does the work, and gives the lease back.
   *
   * @param work - must end soon after its signal is aborted: when `signal` is, or when the lease is lost. Its fence allows
   *   writes until the renew deadline, also while it stops
   * @param signal - ends the waiting or the work
   * @throws LeadershipLostError when the lease was lost, after the work has ended; or what `work` throws
   */
  async run(work: (signal: AbortSignal, fence: Fence) => Promise<void>, signal: AbortSignal): Promise<void> {
    if (!(await this.#acquire(signal))) return
    const leading = new AbortController()
    const over = new AbortController()
    const losing = new AbortController()
    let lost: LeadershipLostError | undefined
    const stop = (): void => leading.abort(signal.reason)
    const lose: Lose = (why) => {
      if (over.signal.aborted) return
      lost = new LeadershipLostError(`${this.identity} does not lead any more: ${why}`)
      this.#isRunning = false
      leading.abort(lost)
      over.abort(lost)
      losing.abort(lost)
      this.#tell({ type: 'lost', error: lost })
    }
    this.#isRunning = true
    this.#tell({ type: 'leading' })
    signal.addEventListener('abort', stop, { once: true })
    if (signal.aborted) stop()
    const keeping = Promise.all([this.#keep(lose, over.signal), this.#guard(lose, over.signal)])
    try {
      await work(leading.signal, { signal: losing.signal, leftMs: () => this.#leftMs() })
    } catch (error) {
      if (!leading.signal.aborted || error !== leading.signal.reason) throw error
    } finally {
      signal.removeEventListener('abort', stop)
      over.abort()
      await keeping
      this.#isRunning = false
      if (lost === undefined) await this.#release()
    }
    if (lost !== undefined) throw lost
  }

  #isInTime(): boolean {
    return this.#leftMs() > 0
  }

  /** Milliseconds until the renew deadline. */
  #leftMs(): number {
    const { heldUntil } = this.#lock
    return heldUntil === undefined ? 0 : heldUntil - this.#clock.now()
  }

  /** @returns false when `signal` was aborted before */
  async #acquire(signal: AbortSignal): Promise<boolean> {
    while (!signal.aborted) {
      try {
        // Where the answer came so late that the deadline is over, the lease has to be renewed first.
        if ((await this.#lock.tryAcquire(signal)) && this.#isInTime()) return true
        this.#tellHolder()
      } catch (error) {
        // A conflict says that somebody else was faster.
        if (!signal.aborted && !isConflict(error) && !isAlreadyExists(error)) this.#tell({ type: 'failed', error })
      }
      await this.#pause(this.#retryPeriodMs * (1 + JITTER * this.#clock.random()), signal)
    }
    if (this.#lock.mayBeHeld) await this.#release()
    return false
  }

  #tellHolder(): void {
    const { holder } = this.#lock
    if (holder === '' || holder === this.identity || holder === this.#toldHolder) return
    this.#toldHolder = holder
    this.#tell({ type: 'following', holder })
  }

  /** Renews the lease for as long as it is kept. */
  async #keep(lose: Lose, over: AbortSignal): Promise<void> {
    await this.#pause(this.#retryPeriodMs, over)
    // After a time in which this process was frozen, the guard decides, and not who wakes up first.
    while (!over.aborted && this.#isInTime()) {
      try {
        const holder = await this.#lock.renew(over)
        if (holder !== undefined) lose(`the lease is held by ${holder === '' ? 'nobody' : holder}`)
      } catch (error) {
        if (!over.aborted) this.#tell({ type: 'failed', error })
      }
      await this.#pause(this.#retryPeriodMs, over)
    }
  }

  /** Ends the work when the renew deadline is over, whatever a request is waiting for. */
  async #guard(lose: Lose, over: AbortSignal): Promise<void> {
    while (!over.aborted) {
      const leftMs = this.#leftMs()
      if (leftMs <= 0) lose(`the lease was not renewed for ${this.#renewDeadlineMs / 1000} s`)
      else await this.#pause(leftMs, over)
    }
  }

  async #release(): Promise<void> {
    try {
      if (await this.#lock.release()) this.#tell({ type: 'released' })
    } catch (error) {
      // The others wait until it expires.
      this.#tell({ type: 'failed', error })
    }
  }

  async #pause(ms: number, signal: AbortSignal): Promise<void> {
    await this.#clock.sleep(ms, signal).catch((error: unknown) => {
      if (!signal.aborted) throw error
    })
  }
}
