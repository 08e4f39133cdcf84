import { Duplex } from 'node:stream'

/**
 * A connected stream with the methods of a socket that the driver calls. It ends when the stream ends, fails when it
 * fails, and takes it along when it is destroyed. `Duplex.from` will not do: it keeps a half-closed stream open for ever,
 * and the driver waits for `close`.
 */
export class DuplexSocket extends Duplex {
  readonly #stream: Duplex

  constructor(stream: Duplex) {
    super({ allowHalfOpen: false })
    this.#stream = stream
    stream.on('data', (chunk: Uint8Array) => {
      if (!this.push(chunk)) stream.pause()
    })
    stream.on('end', () => this.push(null))
    stream.on('error', (error: Error) => this.destroy(error))
    stream.on('close', () => this.destroy())
    if (stream.destroyed) this.destroy(stream.errored ?? undefined)
  }

  /** The stream is connected already; the driver waits for the event all the same. */
  connect(): void {
    queueMicrotask(() => this.emit('connect'))
  }

  setNoDelay(): void {
    // A stream has no such setting.
  }

  setKeepAlive(): void {
    // A stream has no such setting.
  }

  ref(): void {
    // What keeps the process alive is the stream's own affair.
  }

  unref(): void {
    // What keeps the process alive is the stream's own affair.
  }

  override _read(): void {
    this.#stream.resume()
  }

  override _write(chunk: Uint8Array, encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#stream.write(chunk, encoding, done)
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#stream.end(done)
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#stream.destroy()
    done(error)
  }
}
