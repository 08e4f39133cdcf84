/** The kubelet's HTTPS endpoint, as far as the API server proxies to it: container logs and port forwarding. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { Server } from 'node:https'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import { createSelfSignedCertificate } from '../certificate.ts'
import { writeLogs } from './container-logs.ts'
import type { PodWorker } from './pod.ts'
import { forwardSpdyStreams, spdyPortForwardProtocol } from './port-forward-spdy.ts'
import { forwardPorts, portForwardProtocol } from './port-forward.ts'
import { SpdyConnection } from './spdy.ts'

/** Finds a pod that runs on the node. */
export type PodLookup = (namespace: string, name: string) => PodWorker | undefined

const optionalNumber = (text: string | null): number | undefined => (text === null ? undefined : Number(text))

/** Serves on a port of the loopback address that the kernel chooses. */
export class KubeletServer {
  readonly #server: Server
  readonly #webSockets: WebSocketServer
  readonly #sockets = new Set<Socket>()
  readonly #findPod: PodLookup

  constructor(name: string, findPod: PodLookup) {
    this.#findPod = findPod
    const { certificate, key } = createSelfSignedCertificate({ commonName: name, hosts: ['127.0.0.1', name] })
    this.#server = createServer({ cert: certificate, key }, (request, response) => this.#serve(request, response))
    this.#webSockets = new WebSocketServer({
      noServer: true,
      handleProtocols: (offered) => (offered.has(portForwardProtocol) ? portForwardProtocol : false),
    })
    this.#server.on('secureConnection', (socket: Socket) => {
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
    })
    this.#server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head))
  }

  /** Begins to listen; the port. */
  async listen(): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(0, '127.0.0.1', resolve)
    })
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new Error('the kubelet endpoint does not listen')
    return address.port
  }

  /** Ends every connection. */
  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', 'https://kubelet')
    const [route, namespace = '', name = '', container] = url.pathname.split('/').slice(1)
    if (url.pathname === '/healthz') {
      response.end('ok')
      return
    }
    if (route !== 'containerLogs') return refuse(response, 404, 'not found')
    const runner = this.#findPod(namespace, name)?.container(container)
    if (runner === undefined) return refuse(response, 404, `pod "${name}" or container "${container}" not found`)
    const previous = url.searchParams.get('previous') === 'true'
    const file = runner.logFile(previous)
    if (file === undefined) {
      const why = previous ? `previous terminated container "${container}"` : `container "${container}"`
      const state = previous ? 'not found' : 'is waiting to start'
      return refuse(response, 400, `${why} in pod "${name}" ${state}`)
    }
    const tailLines = optionalNumber(url.searchParams.get('tailLines'))
    const limitBytes = optionalNumber(url.searchParams.get('limitBytes'))
    response.writeHead(200, { 'Content-Type': 'text/plain' })
    response.flushHeaders()
    writeLogs(file, response, {
      ...(tailLines !== undefined && { tailLines }),
      ...(limitBytes !== undefined && { limitBytes }),
      follow: url.searchParams.get('follow') === 'true' && !previous,
      isOver: () => runner.logFile(false) !== file || runner.status.state.running === undefined,
    }).catch((error: unknown) => response.end(String(error)))
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const url = new URL(request.url ?? '/', 'https://kubelet')
    const [route, namespace = '', name = ''] = url.pathname.split('/').slice(1)
    const pod = this.#findPod(namespace, name)
    const upgrade = (request.headers.upgrade ?? '').toLowerCase()
    const ports = url.searchParams.getAll('port').map(Number)
    if (route !== 'portForward' || pod === undefined) return refuseUpgrade(socket, 404, `pod "${name}" not found`)
    const localPort = (port: number): number => pod.localPort(port)
    const describe = pod.pod.metadata.uid ?? name
    if (upgrade === 'spdy/3.1') {
      const head101 = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n'
      socket.write(`${head101}X-Stream-Protocol-Version: ${spdyPortForwardProtocol}\r\n\r\n`)
      return forwardSpdyStreams(new SpdyConnection(socket, head), localPort, describe)
    }
    if (upgrade !== 'websocket') return refuseUpgrade(socket, 400, `unsupported upgrade: ${upgrade}`)
    const offered = (request.headers['sec-websocket-protocol'] ?? '').split(/\s*,\s*/)
    // As with the real kubelet, which accepts the channel protocol only.
    if (!offered.includes(portForwardProtocol)) return refuseUpgrade(socket, 403, 'unsupported sub-protocol')
    if (ports.length === 0 || !ports.every((port) => port > 0 && port < 65_536)) {
      return refuseUpgrade(socket, 400, 'query parameter "port" is required')
    }
    this.#webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      forwardPorts(webSocket, ports, localPort, describe)
    })
  }
}

const refuse = (response: ServerResponse, code: number, message: string): void => {
  response.writeHead(code, { 'Content-Type': 'text/plain' })
  response.end(message)
}

const refuseUpgrade = (socket: Duplex, code: number, message: string): void => {
  const head = `HTTP/1.1 ${code} Refused\r\nContent-Type: text/plain\r\nContent-Length: ${Buffer.byteLength(message)}`
  socket.end(`${head}\r\nConnection: close\r\n\r\n${message}`)
}
