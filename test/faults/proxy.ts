/**
 * A proxy between the program under test and the API server, which can tell the test about every request and hold the
 * reply back. It sees bytes: what it records is what was sent.
 */
import { Agent, request as forward } from 'node:https'
import { createServer } from 'node:https'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { readFile, writeFile } from 'node:fs/promises'
import { connect as connectTls } from 'node:tls'
import { parse, stringify } from 'yaml'
import { createSelfSignedCertificate } from '../cluster/certificate.ts'

/** One request as it came. */
export interface SeenRequest {
  readonly method: string
  readonly url: string
  readonly contentType: string
  readonly body: Buffer
  /** Position among all requests, from 1. */
  readonly index: number
}

/** A watch that passes through the proxy. */
export interface PassedWatch {
  readonly request: SeenRequest
  /** Sends text to the client: lines end with a newline. */
  send(text: string): void
  /** Ends it as the server does. */
  end(): void
  /** Breaks the connection. */
  reset(): void
}

/** An answer in place of the server's. */
export interface MadeUpReply {
  readonly status: number
  readonly body: unknown
}

/** What to do at a request: `before` it is forwarded, and `after` the server has answered but nothing was passed on. */
export interface FaultHooks {
  before?(request: SeenRequest): Promise<void> | void
  after?(request: SeenRequest): Promise<void> | void
  /** Answers in place of the server, which is not asked then. */
  answer?(request: SeenRequest): MadeUpReply | undefined
  /** Gets each line of a watch, and passes on what it likes. @default passes on everything */
  watchLine?(line: string, watch: PassedWatch): void
}

/** A running proxy. */
export interface FaultProxy {
  /** Every request so far. */
  readonly requests: readonly SeenRequest[]
  /** Writes a copy of a kubeconfig that goes through the proxy. */
  writeKubeconfig(original: string, copy: string): Promise<void>
  /** From now on nothing comes through in either direction, and nobody is told: a cable that was cut. */
  cut(): void
  /** Watches that are open. */
  openWatches(): readonly SeenRequest[]
  close(): Promise<void>
}

/** Starts a proxy in front of an API server. */
export async function startFaultProxy(
  target: string,
  certificateAuthority: string,
  hooks: FaultHooks = {},
): Promise<FaultProxy> {
  const { certificate, key } = createSelfSignedCertificate({ commonName: 'fault-proxy', hosts: ['127.0.0.1'] })
  const agent = new Agent({ ca: certificateAuthority, keepAlive: true })
  const requests: SeenRequest[] = []
  const upstream = new URL(target)

  const watches = new Set<SeenRequest>()
  let isCut = false
  const handle = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(chunk as Buffer)
    const seen: SeenRequest = {
      method: incoming.method ?? '',
      url: incoming.url ?? '',
      contentType: incoming.headers['content-type'] ?? '',
      body: Buffer.concat(chunks),
      index: requests.length + 1,
    }
    if (isCut) return
    requests.push(seen)
    await hooks.before?.(seen)
    if (isCut) return
    const answer = hooks.answer?.(seen)
    if (answer !== undefined) {
      outgoing.writeHead(answer.status, { 'content-type': 'application/json' }).end(JSON.stringify(answer.body))
      return
    }
    const passed = forward(
      new URL(seen.url, upstream),
      { method: seen.method, headers: incoming.headers, agent },
      (reply) => {
        void passOn(seen, reply, outgoing)
      },
    )
    passed.on('error', () => outgoing.destroy())
    passed.end(seen.body)
  }

  const passOn = async (seen: SeenRequest, reply: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    outgoing.on('close', () => reply.destroy())
    await hooks.after?.(seen)
    if (isCut) return
    const isWatch = seen.url.includes('watch=true') && reply.statusCode === 200
    if (isWatch && outgoing.destroyed) {
      // Its client went while it was being opened: that has been told already, and will not be again.
      reply.destroy()
      return
    }
    outgoing.writeHead(reply.statusCode ?? 502, reply.headers)
    if (!isWatch) {
      reply.pipe(outgoing)
      return
    }
    outgoing.flushHeaders()
    watches.add(seen)
    outgoing.on('close', () => watches.delete(seen))
    const watch: PassedWatch = {
      request: seen,
      send(text) {
        if (!outgoing.writableEnded && !outgoing.destroyed) outgoing.write(text)
      },
      end: () => outgoing.end(),
      reset: () => outgoing.destroy(),
    }
    let rest = ''
    reply.setEncoding('utf8')
    reply.on('data', (text: string) => {
      const lines = (rest + text).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        if (hooks.watchLine === undefined) watch.send(`${line}\n`)
        else hooks.watchLine(line, watch)
      }
    })
    reply.on('end', () => outgoing.end())
    reply.on('error', () => outgoing.destroy())
  }

  const server = createServer({ cert: certificate, key }, (incoming, outgoing) => {
    handle(incoming, outgoing).catch(() => outgoing.destroy()) // The client was killed: that is what this is for.
  })
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    if (isCut) socket.pause()
    socket.on('close', () => sockets.delete(socket))
  })
  // Port-forwards: bytes both ways, after the request line and headers are passed on.
  server.on('upgrade', (incoming: IncomingMessage, socket: Socket, head: Buffer) => {
    const tunnel = connectTls(
      { host: upstream.hostname, port: Number(upstream.port), ca: certificateAuthority, ALPNProtocols: ['http/1.1'] },
      () => {
        const headers = Object.entries(incoming.headers).map(([name, value]) => `${name}: ${String(value)}`)
        tunnel.write(`${incoming.method} ${incoming.url} HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n`)
        tunnel.write(head)
        tunnel.pipe(socket).pipe(tunnel)
      },
    )
    sockets.add(tunnel)
    tunnel.on('close', () => sockets.delete(tunnel))
    tunnel.on('error', () => socket.destroy())
    socket.on('error', () => tunnel.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo

  return {
    requests,
    async writeKubeconfig(original, copy) {
      const config = parse(await readFile(original, 'utf8')) as { clusters: { cluster: Record<string, unknown> }[] }
      for (const { cluster } of config.clusters) {
        cluster['server'] = `https://127.0.0.1:${port}`
        cluster['certificate-authority-data'] = Buffer.from(certificate).toString('base64')
      }
      await writeFile(copy, stringify(config), { mode: 0o600 })
    },
    openWatches: () => [...watches],
    cut() {
      isCut = true
      for (const socket of sockets) socket.pause()
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      agent.destroy()
      await new Promise<void>((resolve) => {
        server.close(() => resolve())
      })
    },
  }
}
