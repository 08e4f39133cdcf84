import type { Clock } from '../cluster/clock.ts'

/** How often something may happen. */
export interface Rate {
  readonly perSecond: number
  /** How many may happen at once, after a time in which nothing happened. */
  readonly burst: number
}

/** Tokens that come back at a steady rate: whatever needs one happens as often as that, and in bursts at most. */
export class TokenBucket {
  readonly #rate: Rate
  readonly #clock: Clock
  /** Below zero: promised to those who wait. */
  #tokens: number
  #filledAt: number

  constructor(rate: Rate, clock: Clock) {
    this.#rate = rate
    this.#clock = clock
    this.#tokens = rate.burst
    this.#filledAt = clock.now()
  }

  /** Takes a token, one that is still to come if there is none. @returns milliseconds until it is there */
  reserve(): number {
    this.#fill()
    this.#tokens -= 1
    return this.#tokens >= 0 ? 0 : Math.ceil((-this.#tokens / this.#rate.perSecond) * 1000)
  }

  /** Takes a token if there is one. */
  tryTake(): boolean {
    this.#fill()
    if (this.#tokens < 1) return false
    this.#tokens -= 1
    return true
  }

  #fill(): void {
    const now = this.#clock.now()
    const { perSecond, burst } = this.#rate
    this.#tokens = Math.min(burst, this.#tokens + (Math.max(now - this.#filledAt, 0) / 1000) * perSecond)
    this.#filledAt = now
  }
}
