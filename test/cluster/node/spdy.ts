/**
 * The server's side of a SPDY/3.1 connection, as far as kubectl uses it: streams that the client opens, without flow
 * control (Kubernetes' implementation has none).
 *
 * @see https://www.chromium.org/spdy/spdy-protocol/spdy-protocol-draft3-1/
 */
import { EventEmitter } from 'node:events'
import type { Duplex } from 'node:stream'
import { constants, createDeflate, createInflate } from 'node:zlib'
import { headerDictionary } from './spdy-dictionary.ts'

const frameType = { synStream: 1, synReply: 2, rstStream: 3, ping: 6, goAway: 7 } as const
const controlVersion = 0x8003
const finFlag = 0x01
const cancelStatus = 5
/** Largest piece of data in one frame; anything below 16 MB would be legal. */
const maximumData = 32 * 1024

interface StreamEvents {
  data: [Buffer]
  /** The client sends no more. */
  end: []
  /** The client has given the stream up. */
  reset: []
}

/** One stream of a connection. */
export class SpdyStream extends EventEmitter<StreamEvents> {
  readonly id: number
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>
  readonly #connection: SpdyConnection
  #ended = false

  constructor(connection: SpdyConnection, id: number, headers: ReadonlyMap<string, string>) {
    super()
    this.#connection = connection
    this.id = id
    this.headers = headers
  }

  /** Sends data; says whether more may follow at once, or the connection's `drain` should be waited for. */
  write(data: Buffer): boolean {
    let goOn = true
    for (let at = 0; at < data.length && !this.#ended; at += maximumData) {
      goOn = this.#connection.sendData(this.id, data.subarray(at, at + maximumData), false)
    }
    return goOn
  }

  /** Sends no more. */
  end(): void {
    if (!this.#ended) this.#connection.sendData(this.id, Buffer.alloc(0), true)
    this.#ended = true
  }

  /** Gives the stream up. */
  reset(): void {
    if (!this.#ended) this.#connection.sendReset(this.id)
    this.#ended = true
  }
}

interface ConnectionEvents {
  stream: [SpdyStream]
  drain: []
  close: []
}

/** A connection whose upgrade has been answered. Streams are accepted as they come. */
export class SpdyConnection extends EventEmitter<ConnectionEvents> {
  readonly #socket: Duplex
  readonly #streams = new Map<number, SpdyStream>()
  readonly #inflate = createInflate({ dictionary: headerDictionary, finishFlush: constants.Z_SYNC_FLUSH })
  readonly #deflate = createDeflate({ dictionary: headerDictionary, flush: constants.Z_SYNC_FLUSH })

  constructor(socket: Duplex, head: Buffer) {
    super()
    this.#socket = socket
    socket.on('drain', () => this.emit('drain'))
    // What matters about a broken connection is that it is closed.
    socket.on('error', () => socket.destroy())
    socket.once('close', () => this.#close())
    for (const transform of [this.#inflate, this.#deflate]) transform.on('error', () => socket.destroy())
    void this.#read(head).catch(() => socket.destroy())
  }

  /** Ends the connection and with it all streams. */
  close(): void {
    this.#socket.destroy()
  }

  sendData(stream: number, data: Buffer, isLast: boolean): boolean {
    if (this.#socket.destroyed) return true
    const header = Buffer.alloc(8)
    header.writeUInt32BE(stream, 0)
    header.writeUInt32BE((isLast ? finFlag : 0) * 0x1000000 + data.length, 4)
    return this.#socket.write(Buffer.concat([header, data]))
  }

  sendReset(stream: number): void {
    const payload = Buffer.alloc(8)
    payload.writeUInt32BE(stream, 0)
    payload.writeUInt32BE(cancelStatus, 4)
    this.#sendControl(frameType.rstStream, payload)
  }

  #sendControl(type: number, payload: Buffer): void {
    if (this.#socket.destroyed) return
    const header = Buffer.alloc(8)
    header.writeUInt16BE(controlVersion, 0)
    header.writeUInt16BE(type, 2)
    header.writeUInt32BE(payload.length, 4)
    this.#socket.write(Buffer.concat([header, payload]))
  }

  /** Frames are handled one after another: header blocks share one compression stream. */
  async #read(head: Buffer): Promise<void> {
    let buffer = head
    const take = async (): Promise<void> => {
      while (buffer.length >= 8) {
        const length = buffer.readUInt32BE(4) % 0x1000000
        if (buffer.length < 8 + length) return
        const frame = buffer.subarray(0, 8 + length)
        buffer = buffer.subarray(8 + length)
        await this.#handle(frame)
      }
    }
    await take()
    const source: AsyncIterable<Buffer> = this.#socket
    for await (const chunk of source) {
      buffer = buffer.length === 0 ? chunk : Buffer.concat([buffer, chunk])
      await take()
    }
  }

  async #handle(frame: Buffer): Promise<void> {
    const isFin = ((frame[4] ?? 0) & finFlag) !== 0
    const payload = frame.subarray(8)
    if ((frame[0] ?? 0) < 0x80) {
      const stream = this.#streams.get(frame.readUInt32BE(0))
      if (payload.length > 0) stream?.emit('data', payload)
      if (isFin) stream?.emit('end')
      return
    }
    const type = frame.readUInt16BE(2)
    if (type === frameType.ping) this.#sendControl(type, payload)
    else if (type === frameType.rstStream) this.#reset(payload.readUInt32BE(0))
    else if (type === frameType.goAway) this.#socket.end()
    else if (type === frameType.synStream) await this.#accept(payload, isFin)
  }

  async #accept(payload: Buffer, isFin: boolean): Promise<void> {
    const id = payload.readUInt32BE(0) & 0x7fffffff
    const headers = parseHeaders(await pass(this.#inflate, payload.subarray(10)))
    const stream = new SpdyStream(this, id, headers)
    this.#streams.set(id, stream)
    const reply = Buffer.alloc(4)
    reply.writeUInt32BE(id, 0)
    this.#sendControl(frameType.synReply, Buffer.concat([reply, await pass(this.#deflate, Buffer.alloc(4))]))
    this.emit('stream', stream)
    if (isFin) stream.emit('end')
  }

  #reset(id: number): void {
    this.#streams.get(id)?.emit('reset')
    this.#streams.delete(id)
  }

  #close(): void {
    for (const stream of this.#streams.values()) stream.emit('reset')
    this.#streams.clear()
    this.#inflate.destroy()
    this.#deflate.destroy()
    this.emit('close')
  }
}

/** What comes out of a compression stream for one block that went in. */
const pass = async (transform: Duplex, block: Buffer): Promise<Buffer> => {
  const chunks: Buffer[] = []
  const collect = (chunk: Buffer): void => void chunks.push(chunk)
  transform.on('data', collect)
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  transform.write(block, (error) => (error ? reject(error) : resolve()))
  await promise
  transform.off('data', collect)
  return Buffer.concat(chunks)
}

const parseHeaders = (block: Buffer): Map<string, string> => {
  const headers = new Map<string, string>()
  let at = 4
  const text = (): string => {
    const length = block.readUInt32BE(at)
    at += 4 + length
    return block.toString('utf8', at - length, at)
  }
  for (let count = block.readUInt32BE(0); count > 0; count--) headers.set(text().toLowerCase(), text())
  return headers
}
