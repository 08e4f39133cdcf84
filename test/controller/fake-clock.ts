/** Time that passes when a test says so. */
import type { Clock } from '../../src/cluster/clock.ts'

/** Someone who sleeps. */
interface Sleeper {
  readonly dueMs: number
  readonly wake: () => void
}

/** A clock that stands still until it is advanced. */
export class FakeClock implements Clock {
  /** What `random()` answers. */
  chance = 0
  #nowMs: number
  readonly #sleepers = new Set<Sleeper>()

  /** @param start - time of day at the beginning */
  constructor(start = '2026-11-21T12:00:00Z') {
    this.#nowMs = Date.parse(start)
  }

  now(): number {
    return this.#nowMs
  }

  random(): number {
    return this.chance
  }

  /** How many wait for something. */
  get sleeping(): number {
    return this.#sleepers.size
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const leave = (): void => {
      this.#sleepers.delete(sleeper)
      reject(signal?.reason)
    }
    const sleeper: Sleeper = {
      dueMs: this.#nowMs + ms,
      wake: () => {
        signal?.removeEventListener('abort', leave)
        resolve()
      },
    }
    this.#sleepers.add(sleeper)
    signal?.addEventListener('abort', leave, { once: true })
    if (signal?.aborted === true) leave()
    return promise
  }

  /** Lets time pass, from one sleeper to the next, each with time to do what it woke up for. */
  async advance(ms: number): Promise<void> {
    const end = this.#nowMs + ms
    await settled()
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      this.#nowMs = Math.max(this.#nowMs, next.dueMs)
      this.#sleepers.delete(next)
      next.wake()
      await settled()
    }
    this.#nowMs = end
    await settled()
  }

  /** Lets time pass without anybody waking up, as in a process that was stopped. */
  freeze(ms: number): void {
    this.#nowMs += ms
  }

  #next(end: number): Sleeper | undefined {
    const due = [...this.#sleepers].filter(({ dueMs }) => dueMs <= end)
    return due.sort((one, other) => one.dueMs - other.dueMs)[0]
  }
}

/** When everything that can happen without time has happened. */
export async function settled(): Promise<void> {
  await new Promise(setImmediate)
}
