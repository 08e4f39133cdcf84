import { setTimeout as delay } from 'node:timers/promises'
import type { ClusterApi, ObjectQuery } from './cluster-api.ts'

/** How long to collect further changes after the first one, in milliseconds: they come in bursts. */
const SETTLE_MS = 50

/** Wakes up a wait when something that matters has changed. */
export class ChangeSignal {
  #pending = false
  #wake: (() => void) | undefined
  readonly #watches: Promise<void>[] = []
  readonly #stop = new AbortController()

  /** Starts watching. A watch that fails for good only makes the waits longer: every wait has an end of its own. */
  start(api: ClusterApi, queries: readonly ObjectQuery[]): void {
    for (const query of queries) {
      this.#watches.push(api.watch(query, () => this.notify(), this.#stop.signal).catch(() => this.notify()))
    }
  }

  /** Whether watches are running. */
  get started(): boolean {
    return this.#watches.length > 0
  }

  /** Something changed. */
  notify(): void {
    this.#pending = true
    this.#wake?.()
  }

  /** Forgets changes up to now: what is observed after this call has seen them. */
  reset(): void {
    this.#pending = false
  }

  /** Returns after a change, after `withinMs`, or when aborted; whichever is first. Never throws. */
  async wait(withinMs: number, signal: AbortSignal): Promise<void> {
    if (!this.#pending && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(finish, withinMs)
        const wake = finish
        function finish(): void {
          clearTimeout(timer)
          signal.removeEventListener('abort', wake)
          resolve()
        }
        this.#wake = wake
        signal.addEventListener('abort', wake, { once: true })
      })
      this.#wake = undefined
    }
    if (this.#pending && !signal.aborted) await delay(SETTLE_MS)
  }

  /** Ends all watches. */
  async stop(): Promise<void> {
    this.#stop.abort()
    await Promise.all(this.#watches)
  }
}
