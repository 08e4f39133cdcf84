/**
 * What lies between a program and an API server: it counts connections and bytes, with everything that TLS adds, and can
 * hold up what passes, as the distance between two machines does.
 */
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { delayedPipe } from './delayed-pipe.ts'

/** What has passed. */
export interface Traffic {
  readonly connections: number
  /** From the program to the server. */
  readonly bytesSent: number
  /** From the server to the program. */
  readonly bytesReceived: number
}

/** A running network. */
export interface Network {
  /** On 127.0.0.1; what connects there is connected to the server. */
  readonly port: number
  /** What has passed since the last call. */
  take(): Traffic
  stop(): Promise<void>
}

/** How far away the server is. */
export interface NetworkOptions {
  /**
   * Milliseconds until an answer to what needs no work is there. A new connection takes one, as TCP's handshake does.
   * @default 0
   */
  readonly roundTripMs?: number
}

/** Lays a network in front of a port of this machine. */
export async function startNetwork(serverPort: number, { roundTripMs = 0 }: NetworkOptions = {}): Promise<Network> {
  const sockets = new Set<Socket>()
  let [connections, bytesSent, bytesReceived] = [0, 0, 0]
  const follow = (socket: Socket, peer: () => Socket): void => {
    sockets.add(socket)
    socket.on('close', (isBroken) => {
      sockets.delete(socket)
      // The side that is left finds its connection broken, as it would without us; an end arrives after all bytes.
      if (isBroken) peer().destroy()
    })
    socket.on('error', () => socket.destroy())
  }
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (client) => {
    connections += 1
    const upstream = connect({ port: serverPort, host: '127.0.0.1', noDelay: true, allowHalfOpen: true })
    follow(client, () => upstream)
    follow(upstream, () => client)
    client.on('data', (chunk: Buffer) => (bytesSent += chunk.length))
    upstream.on('data', (chunk: Buffer) => (bytesReceived += chunk.length))
    if (roundTripMs === 0) {
      client.pipe(upstream)
      upstream.pipe(client)
      return
    }
    const wayMs = roundTripMs / 2
    delayedPipe(client, upstream, { wayMs, notBefore: performance.now() + roundTripMs + wayMs })
    delayedPipe(upstream, client, { wayMs })
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
