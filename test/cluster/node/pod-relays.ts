/**
 * Names of pods, for what runs in other pods. There is no DNS here and containers share one address, so a pod's name
 * becomes a port of this machine behind which always is the pod that has the name now.
 */
import { connect, createServer } from 'node:net'
import type { Server, Socket } from 'node:net'

/** `<pod>.<service>.<namespace>.svc`, with the cluster's domain or without. */
const podHost = /^([a-z0-9-]+)\.[a-z0-9-]+\.([a-z0-9-]+)\.svc(?:\..+)?$/

/** The port of this machine on which a port of a pod answers; nothing while there is no such pod. */
export type PodFinder = (namespace: string, pod: string, port: number) => number | undefined

/** Ports that stand for pods. */
export class PodRelays {
  readonly #find: PodFinder
  readonly #servers = new Map<string, Promise<Server>>()
  readonly #sockets = new Set<Socket>()

  constructor(find: PodFinder) {
    this.#find = find
  }

  /** The port that stands for a port of the pod of that host name; `undefined` where it is no host name of a pod. */
  async portOf(host: string, port: number): Promise<number | undefined> {
    const [, pod, namespace] = podHost.exec(host) ?? []
    if (pod === undefined || namespace === undefined) return undefined
    const key = `${namespace}/${pod}:${port}`
    const known = this.#servers.get(key) ?? this.#listen(() => this.#find(namespace, pod, port))
    this.#servers.set(key, known)
    const address = (await known).address()
    return typeof address === 'object' ? address?.port : undefined
  }

  /** Ends every connection and gives the ports back. */
  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    for (const server of this.#servers.values()) (await server).close()
  }

  async #listen(target: () => number | undefined): Promise<Server> {
    const server = createServer((socket) => this.#forward(socket, target()))
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(0, '127.0.0.1', resolve)
    })
    return server
  }

  #forward(socket: Socket, port: number | undefined): void {
    if (port === undefined) {
      socket.destroy()
      return
    }
    const upstream = connect({ host: '127.0.0.1', port, noDelay: true })
    for (const [one, other] of [
      [socket, upstream],
      [upstream, socket],
    ] as const) {
      this.#sockets.add(one)
      one.on('error', () => other.destroy())
      one.on('close', () => {
        this.#sockets.delete(one)
        other.destroy()
      })
    }
    socket.pipe(upstream).pipe(socket)
  }
}
