import type { IncomingHttpHeaders } from 'node:http'
import { Semaphore } from './semaphore.ts'

/** Requests in flight against a server that does not queue by fairness. */
const WITHOUT_FAIRNESS = 8

/** After a rejection the limit is not halved again for so long, in milliseconds: one burst is rejected as a whole. */
const SETTLE_MS = 1000

/**
 * How many requests are in flight. A server with API priority and fairness says so in its replies and looks after
 * itself; against any other, fewer are sent. Whoever is rejected with 429 halves the number, and each round of successes
 * adds one again.
 * @see https://kubernetes.io/docs/concepts/cluster-administration/flow-control/
 */
export class FlowControl {
  readonly #slots: Semaphore
  #most: number
  #limit: number
  #successes = 0
  #halvedAt = Number.NEGATIVE_INFINITY
  #rejections = 0
  #isKnown = false

  /** @param most - requests in flight at most */
  constructor(most: number) {
    this.#most = most
    this.#limit = most
    this.#slots = new Semaphore(most)
  }

  /** Replies with 429 so far. */
  get rejections(): number {
    return this.#rejections
  }

  /** Requests that may be in flight now. */
  get limit(): number {
    return this.#limit
  }

  /** Runs `work` when its turn comes. A `signal` that is aborted before that rejects with its reason. */
  run<Result>(work: () => Promise<Result>, signal?: AbortSignal): Promise<Result> {
    return this.#slots.run(work, signal)
  }

  /** Learns from the head of a reply. @param nowMs - milliseconds of any clock that does not jump back */
  observe(status: number, headers: IncomingHttpHeaders, nowMs: number): void {
    if (!this.#isKnown) {
      this.#isKnown = true
      if (headers['x-kubernetes-pf-flowschema-uid'] === undefined) this.#most = Math.min(this.#most, WITHOUT_FAIRNESS)
      this.#setLimit(this.#most)
    }
    if (status === 429) this.#reject(nowMs)
    else this.#succeed()
  }

  #reject(nowMs: number): void {
    this.#rejections += 1
    this.#successes = 0
    if (nowMs - this.#halvedAt < SETTLE_MS) return
    this.#halvedAt = nowMs
    this.#setLimit(Math.max(1, Math.floor(this.#limit / 2)))
  }

  #succeed(): void {
    if (this.#limit >= this.#most) return
    this.#successes += 1
    if (this.#successes < this.#limit) return
    this.#successes = 0
    this.#setLimit(this.#limit + 1)
  }

  #setLimit(limit: number): void {
    if (limit === this.#limit) return
    this.#slots.resize(limit - this.#limit)
    this.#limit = limit
  }
}
