/** Bounds how many of something happen at the same time; the rest waits in order. */
export class Semaphore {
  #free: number
  readonly #waiting: (() => void)[] = []

  constructor(size: number) {
    this.#free = size
  }

  /** Runs `work` when its turn comes. A `signal` that is aborted before that rejects with its reason. */
  async run<Result>(work: () => Promise<Result>, signal?: AbortSignal): Promise<Result> {
    await this.#acquire(signal)
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
      const next = this.#waiting.shift()
      if (next === undefined) return
      this.#free -= 1
      next()
    }
  }

  async #acquire(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted()
    if (this.#free > 0) {
      this.#free -= 1
      return
    }
    const turn = Promise.withResolvers<void>()
    this.#waiting.push(turn.resolve)
    const leave = (): void => {
      const place = this.#waiting.indexOf(turn.resolve)
      if (place >= 0) this.#waiting.splice(place, 1)
      turn.reject(signal?.reason)
    }
    signal?.addEventListener('abort', leave, { once: true })
    try {
      await turn.promise
    } finally {
      signal?.removeEventListener('abort', leave)
    }
  }
}
