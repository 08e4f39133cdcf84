/** A signal that follows another one and fires by itself when a time is over. Must be released. */
export class Deadline {
  readonly signal: AbortSignal
  readonly #parent: AbortSignal | undefined
  readonly #follow: () => void
  readonly #timer: NodeJS.Timeout

  /**
   * @param timeoutMs - milliseconds from now
   * @param reason - makes the reason of the signal when the time is over
   * @param parent - signal to follow
   */
  constructor(timeoutMs: number, reason: () => Error, parent?: AbortSignal) {
    const controller = new AbortController()
    this.signal = controller.signal
    this.#parent = parent
    this.#follow = () => controller.abort(parent?.reason)
    this.#timer = setTimeout(() => controller.abort(reason()), timeoutMs)
    if (parent?.aborted === true) this.#follow()
    parent?.addEventListener('abort', this.#follow, { once: true })
  }

  /** No time limit any more; the parent is still followed. */
  stopTimer(): void {
    clearTimeout(this.#timer)
  }

  /** Lets go of timer and parent. */
  release(): void {
    this.stopTimer()
    this.#parent?.removeEventListener('abort', this.#follow)
  }
}

/** The result of `work`, or the reason of `signal` if that comes first. `work` itself goes on. */
export async function abortable<Result>(work: Promise<Result>, signal: AbortSignal | undefined): Promise<Result> {
  if (signal === undefined) return work
  signal.throwIfAborted()
  const { promise, reject } = Promise.withResolvers<never>()
  const abort = (): void => reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  try {
    return await Promise.race([work, promise])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
