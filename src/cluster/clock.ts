import { setTimeout as delay } from 'node:timers/promises'

/** Time, as far as requests depend on it; tests bring their own. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number
  /** Waits; rejects with the reason of `signal` as soon as that is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /** A value in [0, 1), for jitter. */
  random(): number
}

/** The time of this machine. */
export const systemClock: Clock = {
  now: () => Date.now(),
  random: () => Math.random(),
  async sleep(ms, signal) {
    try {
      await delay(ms, undefined, signal === undefined ? {} : { signal })
    } catch (error) {
      signal?.throwIfAborted()
      throw error
    }
  },
}

/**
 * The same, but its `now()` never jumps, whatever happens to the time of day: for measuring how long ago something was.
 * After the machine's clock was set, the two differ.
 */
export const steadyClock: Clock = {
  ...systemClock,
  now: () => performance.timeOrigin + performance.now(),
}
