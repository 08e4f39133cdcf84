import { Duplex } from 'node:stream'
import type { RawData, WebSocket } from 'ws'

/** What went wrong at the pod's end of a port-forward. */
class PortForwardError extends Error {
  override readonly name = 'PortForwardError' as const
}

const dataChannel = 0
const errorChannel = 1

/**
 * The bytes of one forwarded port over a WebSocket.
 *
 * Each frame begins with its channel: 0 is data, 1 is an error text. The first frame of a channel is no payload but the
 * port, two bytes, little-endian. The protocol has no half-close: ending the writable side closes the connection.
 */
export class PortForwardStream extends Duplex {
  readonly #socket: WebSocket
  readonly #port: number
  readonly #opened = new Set<number>()
  #complaint = ''

  constructor(socket: WebSocket, port: number) {
    super({ allowHalfOpen: false })
    this.#socket = socket
    this.#port = port
    socket.on('message', (data) => this.#receive(bytesOf(data)))
    socket.on('error', (error) => this.destroy(error))
    socket.on('close', () => this.#finish())
    // An error during opening is the caller's, who has no stream yet to listen on.
    this.on('error', () => undefined)
  }

  override _read(): void {
    if (this.#socket.isPaused) this.#socket.resume()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#socket.send(Buffer.concat([Buffer.of(dataChannel), chunk]), (error) => done(error ?? null))
  }

  override _final(done: () => void): void {
    this.#socket.close()
    done()
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#socket.terminate()
    done(error)
  }

  #receive(frame: Buffer): void {
    const channel = frame[0] ?? -1
    const payload = frame.subarray(1)
    if (!this.#opened.has(channel)) {
      this.#opened.add(channel)
      const port = payload.length === 2 ? payload.readUInt16LE() : undefined
      if (port !== this.#port)
        this.destroy(new PortForwardError(`the server opened port ${port} instead of ${this.#port}`))
      return
    }
    if (channel === errorChannel) {
      this.#complaint += payload.toString('utf8')
      this.destroy(new PortForwardError(this.#complaint.trim()))
    } else if (channel === dataChannel && !this.push(payload)) {
      this.#socket.pause()
    }
  }

  #finish(): void {
    if (!this.destroyed) this.push(null)
  }
}

function bytesOf(data: RawData): Buffer {
  if (Buffer.isBuffer(data)) return data
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data)
}
