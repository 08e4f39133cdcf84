/**
 * Messages of PostgreSQL's protocol, as far as the stub needs them.
 * @see https://www.postgresql.org/docs/current/protocol-message-formats.html
 */
import type { Socket } from 'node:net'

/** A number of two bytes. */
export function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeInt16BE(value)
  return bytes
}

/** A number of four bytes. */
export function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}

/** A message of the server: a letter, its length, what it says. */
export function message(type: string, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from(type), int32(body.length + 4), body])
}

/** The server waits for the next query. */
export const READY: Buffer = message('Z', Buffer.from('I'))

/** An error. @param code - SQLSTATE */
export function errorResponse(code: string, text: string): Buffer {
  return message('E', Buffer.from(`SFATAL\0VFATAL\0C${code}\0M${text}\0\0`))
}

/** Cuts the client's bytes into messages. */
export class Reader {
  readonly #chunks: AsyncIterator<Buffer>
  #rest: Buffer = Buffer.alloc(0)

  constructor(socket: Socket) {
    this.#chunks = (socket as AsyncIterable<Buffer>)[Symbol.asyncIterator]()
  }

  /** The body of a message without a type, which only begins a session. */
  async startup(): Promise<Buffer> {
    const length = (await this.#take(4)).readInt32BE(0)
    return this.#take(length - 4)
  }

  async message(): Promise<{ readonly type: string; readonly body: Buffer }> {
    const head = await this.#take(5)
    return { type: head.toString('latin1', 0, 1), body: await this.#take(head.readInt32BE(1) - 4) }
  }

  async #take(length: number): Promise<Buffer> {
    while (this.#rest.length < length) {
      const { value, done } = await this.#chunks.next()
      if (done === true) throw new Error('the client is gone')
      this.#rest = Buffer.concat([this.#rest, value])
    }
    const taken = this.#rest.subarray(0, length)
    this.#rest = this.#rest.subarray(length)
    return taken
  }
}
