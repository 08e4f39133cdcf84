/** Waiting longer after every failure, as the kubelet does for restarts and image pulls. */

/** The kubelet's five minutes are thirty times its ten seconds; the ratio is kept when the base is shortened. */
const maximumFactor = 30
/** After this many base delays of good running the count starts again (the kubelet: ten minutes for ten seconds). */
const resetFactor = 60

/** Delays of one container or image: none for the first failure, then the base, doubling up to a limit. */
export class BackOff {
  readonly #baseMs: number
  #nextMs = 0

  constructor(baseMs: number) {
    this.#baseMs = baseMs
  }

  /** The delay before the next attempt; `ranForMs` is how long the attempt that has just failed was fine. */
  next(ranForMs = 0): number {
    if (ranForMs > this.#baseMs * resetFactor) this.#nextMs = 0
    const delayMs = this.#nextMs
    this.#nextMs = delayMs === 0 ? this.#baseMs : Math.min(delayMs * 2, this.#baseMs * maximumFactor)
    return delayMs
  }

  /** Forgets the failures. */
  reset(): void {
    this.#nextMs = 0
  }
}

/** A duration as Go prints it and the kubelet's messages have it: `10s`, `2m40s`, `500ms`. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)}ms`
  const seconds = Math.round(ms / 100) / 10
  const minutes = Math.floor(seconds / 60)
  return minutes === 0 ? `${seconds}s` : `${minutes}m${Math.round(seconds - minutes * 60)}s`
}
