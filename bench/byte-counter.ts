/** Counts what passes between a program and an API server: connections, and bytes with everything that TLS adds. */
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'

/** What has passed. */
export interface Traffic {
  readonly connections: number
  /** From the program to the server. */
  readonly bytesSent: number
  /** From the server to the program. */
  readonly bytesReceived: number
}

/** A running counter. */
export interface ByteCounter {
  /** On 127.0.0.1; what connects there is connected to the server. */
  readonly port: number
  /** What has passed since the last call. */
  take(): Traffic
  stop(): Promise<void>
}

/** Starts a counter in front of a port of this machine. */
export async function startByteCounter(serverPort: number): Promise<ByteCounter> {
  const sockets = new Set<Socket>()
  let [connections, bytesSent, bytesReceived] = [0, 0, 0]
  const follow = (socket: Socket, peer: () => Socket): void => {
    sockets.add(socket)
    socket.on('close', () => {
      sockets.delete(socket)
      peer().destroy()
    })
    // The side that is left finds its connection closed, as it would without us.
    socket.on('error', () => socket.destroy())
  }
  const server = createServer({ noDelay: true }, (client) => {
    connections += 1
    const upstream = connect({ port: serverPort, host: '127.0.0.1', noDelay: true })
    follow(client, () => upstream)
    follow(upstream, () => client)
    client.on('data', (chunk: Buffer) => (bytesSent += chunk.length))
    upstream.on('data', (chunk: Buffer) => (bytesReceived += chunk.length))
    client.pipe(upstream)
    upstream.pipe(client)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    take() {
      const taken = { connections, bytesSent, bytesReceived }
      ;[connections, bytesSent, bytesReceived] = [0, 0, 0]
      return taken
    },
    async stop() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
