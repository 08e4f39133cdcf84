/** Questions about who listens where on this machine. */
import { connect, createServer } from 'node:net'

/**
 * A port of 127.0.0.1 that was free a moment ago, for a program that cannot let the kernel choose.
 *
 * Somebody else may take it meanwhile: the caller has to try another one when its program finds it in use.
 */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const bound = server.address()
      server.close(() => resolve(typeof bound === 'object' && bound !== null ? bound.port : 0))
    })
  })
}

/** Whether somebody accepts connections on the Unix socket. @throws Error of node:net saying why not. */
export function acceptsConnections(socketPath: string): Promise<true> {
  return new Promise((resolve, reject) => {
    const socket = connect(socketPath, () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', reject)
  })
}
