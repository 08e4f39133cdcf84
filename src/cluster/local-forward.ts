import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { pipeline } from 'node:stream'
import { openPortForward } from './port-forward.ts'
import type { PodPort } from './port-forward.ts'
import type { Transport } from './transport.ts'

/** A port of this machine that leads to a pod. */
export interface LocalForward {
  /** Port on 127.0.0.1. */
  readonly port: number
  /** Stops listening and closes every connection. */
  close(): Promise<void>
}

/** How to forward. */
export interface LocalForwardOptions {
  /** Port on 127.0.0.1. @default one that the kernel chooses */
  readonly localPort?: number
  /** Told when a connection to the pod fails; the local connection is closed then. */
  readonly onError?: (error: unknown) => void
}

/**
 * Listens on the loopback address and carries every connection to a port of a pod, as `kubectl port-forward` does.
 *
 * @param to - asked for each connection, so that a pod that was replaced is found again
 * @throws the system's error when the local port cannot be had
 */
export async function forwardLocally(
  transport: Transport,
  to: PodPort | (() => Promise<PodPort>),
  options: LocalForwardOptions = {},
): Promise<LocalForward> {
  const ending = new AbortController()
  const sockets = new Set<Socket>()
  const carry = async (socket: Socket): Promise<void> => {
    const target = typeof to === 'function' ? await to() : to
    const stream = await openPortForward(transport, target, { signal: ending.signal })
    pipeline(socket, stream, socket, (error) => {
      if (error && !ending.signal.aborted) options.onError?.(error)
    })
  }
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    carry(socket).catch((error: unknown) => {
      socket.destroy()
      if (!ending.signal.aborted) options.onError?.(error)
    })
  })
  server.listen(options.localPort ?? 0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: portOf(server.address()),
    async close() {
      ending.abort()
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new Error('the server listens on no port')
  return address.port
}
