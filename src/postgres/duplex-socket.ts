import { Duplex } from 'node:stream'

/** The part of a socket that the driver uses besides reading and writing. */
interface SocketMethods {
  connect(): void
  setNoDelay(): void
  setKeepAlive(): void
  ref(): void
  unref(): void
}

/**
 * Lends a connected stream the methods of a socket that the driver calls. The stream itself is left as it is and stays
 * the caller's to destroy.
 */
export function socketLike(stream: Duplex): Duplex {
  const wrapped = Duplex.from({ readable: stream, writable: stream })
  const nothing = (): undefined => undefined
  const methods: SocketMethods = {
    // It is connected already; the driver waits for the event all the same.
    connect: () => queueMicrotask(() => wrapped.emit('connect')),
    setNoDelay: nothing,
    setKeepAlive: nothing,
    ref: nothing,
    unref: nothing,
  }
  return Object.assign(wrapped, methods)
}
