/** One attempt of a probe or a lifecycle hook: a command, a connection or an HTTP request. */
import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { connect } from 'node:net'
import type { Handler } from './objects.ts'

/** How a handler reaches its container. */
export interface ProbeTarget {
  /** Runs a command in the container. */
  exec(command: readonly string[], timeoutMs: number): Promise<{ exitCode: number; output: string; timedOut: boolean }>
  /** The port on this machine for a port (number or name) of the container. */
  port(port: number | string): number
}

/** Whether an attempt succeeded, and what it said. */
export interface ProbeResult {
  readonly result: 'success' | 'failure'
  readonly message: string
}

const success = (message = ''): ProbeResult => ({ result: 'success', message })
const failure = (message: string): ProbeResult => ({ result: 'failure', message })

/** Does what the handler says, once. Never throws: what cannot be done is a failure. */
export async function attemptProbe(handler: Handler, target: ProbeTarget, timeoutMs: number): Promise<ProbeResult> {
  if (handler.exec !== undefined) {
    const command = handler.exec.command ?? []
    const { exitCode, output, timedOut } = await target.exec(command, timeoutMs)
    if (timedOut) return failure(`command timed out: "${command.join(' ')}" timed out after ${timeoutMs / 1000}s`)
    return exitCode === 0 ? success(output) : failure(output)
  }
  if (handler.tcpSocket !== undefined) return await attemptTcp(target.port(handler.tcpSocket.port), timeoutMs)
  if (handler.httpGet !== undefined) return await attemptHttp(handler.httpGet, target, timeoutMs)
  return failure('the local node does not support this kind of probe')
}

const attemptTcp = async (port: number, timeoutMs: number): Promise<ProbeResult> => {
  const { promise, resolve } = Promise.withResolvers<ProbeResult>()
  const socket = connect(port, '127.0.0.1')
  socket.setTimeout(timeoutMs, () => resolve(failure(`dial tcp 127.0.0.1:${port}: i/o timeout`)))
  socket.once('connect', () => resolve(success()))
  socket.once('error', (error) => resolve(failure(`dial tcp 127.0.0.1:${port}: ${error.message}`)))
  const result = await promise
  socket.destroy()
  return result
}

const attemptHttp = async (
  get: NonNullable<Handler['httpGet']>,
  target: ProbeTarget,
  timeoutMs: number,
): Promise<ProbeResult> => {
  const { promise, resolve } = Promise.withResolvers<ProbeResult>()
  const options = {
    host: '127.0.0.1',
    port: target.port(get.port),
    path: get.path ?? '/',
    headers: Object.fromEntries((get.httpHeaders ?? []).map(({ name, value }) => [name, value])),
    agent: false,
    signal: AbortSignal.timeout(timeoutMs),
  }
  const request =
    get.scheme === 'HTTPS' ? httpsRequest({ ...options, rejectUnauthorized: false }) : httpRequest(options)
  request.once('response', (response) => {
    const code = response.statusCode ?? 0
    response.destroy()
    resolve(code >= 200 && code < 400 ? success() : failure(`HTTP probe failed with statuscode: ${code}`))
  })
  request.on('error', (error) => resolve(failure(`Get "${options.path}": ${error.message}`)))
  request.end()
  return await promise
}
