import type { Duplex } from 'node:stream'
import { collectReply } from './connection.ts'
import { connectionError } from './connection-failure.ts'
import type { Credential } from './credential.ts'
import { UnexpectedReplyError } from './errors.ts'
import type { RequestTarget } from './errors.ts'
import { identityHeaders } from './identity-headers.ts'
import { groupPath } from './kind-mapping.ts'
import { PortForwardStream } from './port-forward-stream.ts'
import { readReply } from './response.ts'
import type { Transport } from './transport.ts'

/** A port of a pod. */
export interface PodPort {
  readonly namespace: string
  readonly pod: string
  readonly port: number
}

/** Bounds of opening a port-forward. */
export interface PortForwardOptions {
  /** Gives up opening, or closes the stream when it is open. */
  readonly signal?: AbortSignal
  /** Time to open, in milliseconds. @default 30000 */
  readonly timeoutMs?: number
}

/** The only one that every API server since 1.3 accepts on a WebSocket without a tunnelled SPDY connection in it. */
const subprotocol = 'v4.channel.k8s.io'

/**
 * Connects to a port of a pod through the API server, as `kubectl port-forward` does, with the same credentials and
 * trust as every other request. Needs `get`, and from Kubernetes 1.35 on `create`, on `pods/portforward`.
 *
 * What goes wrong at the pod (nothing listens there, the pod went away) destroys the stream with an Error.
 *
 * @throws ApiError when the API server refuses, ConnectionError when it cannot be reached
 */
export function openPortForward(transport: Transport, to: PodPort, options: PortForwardOptions = {}): Promise<Duplex> {
  const target = { verb: 'create', resource: 'pods/portforward', namespace: to.namespace, name: to.pod }
  return transport.withCredential(target, options.signal, (credential) =>
    open(transport, to, target, credential, options),
  )
}

async function open(
  transport: Transport,
  { namespace, pod, port }: PodPort,
  target: RequestTarget,
  credential: Credential,
  options: PortForwardOptions,
): Promise<Duplex> {
  const { default: WebSocket } = await import('ws')
  const { server, impersonation, certificateAuthority } = transport.connection
  const url = new URL(server)
  url.protocol = server.protocol === 'https:' ? 'wss:' : 'ws:'
  const pods = `${groupPath('v1')}/namespaces/${encodeURIComponent(namespace)}/pods`
  url.pathname = `${server.pathname.replace(/\/$/, '')}${pods}/${encodeURIComponent(pod)}/portforward`
  url.search = `?ports=${port}`
  const { clientCertificate } = credential
  const socket = new WebSocket(url, subprotocol, {
    agent: transport.streamAgent,
    headers: headerTexts(identityHeaders(credential, impersonation)),
    handshakeTimeout: options.timeoutMs ?? 30_000,
    perMessageDeflate: false,
    ...(clientCertificate === undefined
      ? { secureContext: transport.streamTrust }
      : { cert: clientCertificate.certificate, key: clientCertificate.key }),
  })
  const { promise, resolve, reject } = Promise.withResolvers<Duplex>()
  const stream = new PortForwardStream(socket, port)
  const abort = (): void => {
    reject(options.signal?.reason)
    stream.destroy()
  }
  options.signal?.addEventListener('abort', abort, { once: true })
  stream.once('close', () => options.signal?.removeEventListener('abort', abort))
  socket.once('open', () => resolve(stream))
  socket.once('error', (cause) => {
    const authority = certificateAuthority === undefined ? {} : { certificateAuthority }
    reject(connectionError(cause, { server: server.href.replace(/\/$/, ''), outcome: 'not-executed', ...authority }))
  })
  socket.once('unexpected-response', (request, reply) => {
    const refused = async (): Promise<never> => {
      readReply(await collectReply(reply), { target, expect: 'untyped', nowMs: Date.now() })
      throw new UnexpectedReplyError(target, reply.statusCode ?? 0, 'the reply is no WebSocket')
    }
    refused()
      .catch(reject)
      .finally(() => {
        request.destroy()
        stream.destroy()
      })
  })
  try {
    return await promise
  } catch (error) {
    stream.destroy()
    throw error
  }
}

/** ws takes one text per header; the API server reads repeated ones joined by commas only for groups that hold none. */
function headerTexts(headers: ReturnType<typeof identityHeaders>): Record<string, string | string[]> {
  return Object.fromEntries(
    Object.entries(headers).map(([key, value]) => [key, Array.isArray(value) ? value : String(value)]),
  )
}
