/** Who waits for a turn: what was begun goes on before anything new begins. */
export type Turn = 'begin' | 'go-on'

/** Bounds how many of something happen at the same time; the rest waits in order. */
export class Semaphore {
  #free: number
  readonly #waiting: Readonly<Record<Turn, (() => void)[]>> = { 'go-on': [], begin: [] }

  constructor(size: number) {
    this.#free = size
  }

  /** Runs `work` when its turn comes. A `signal` that is aborted before that rejects with its reason. */
  async run<Result>(work: () => Promise<Result>, signal?: AbortSignal, turn: Turn = 'begin'): Promise<Result> {
    await this.#acquire(signal, turn)
    try {
      return await work()
    } finally {
      this.#free += 1
      this.#wake()
    }
  }

  /** Makes room for more at the same time, or for fewer as soon as those that run are through. */
  resize(by: number): void {
    this.#free += by
    this.#wake()
  }

  #wake(): void {
    while (this.#free > 0) {
      const next = this.#waiting['go-on'].shift() ?? this.#waiting.begin.shift()
      if (next === undefined) return
      this.#free -= 1
      next()
    }
  }

  async #acquire(signal: AbortSignal | undefined, turn: Turn): Promise<void> {
    signal?.throwIfAborted()
    if (this.#free > 0) {
      this.#free -= 1
      return
    }
    const waiting = this.#waiting[turn]
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    waiting.push(resolve)
    const leave = (): void => {
      const place = waiting.indexOf(resolve)
      if (place >= 0) waiting.splice(place, 1)
      reject(signal?.reason)
    }
    signal?.addEventListener('abort', leave, { once: true })
    try {
      await promise
    } finally {
      signal?.removeEventListener('abort', leave)
    }
  }
}
