/**
 * Port forwarding over SPDY, which is what kubectl still speaks (inside a WebSocket that the API server takes off):
 * per connection an error stream and a data stream, which belong together by their request id.
 *
 * @see https://github.com/kubernetes/kubernetes/blob/v1.36.2/staging/src/k8s.io/client-go/tools/portforward/portforward.go
 */
import { connect } from 'node:net'
import type { SpdyConnection, SpdyStream } from './spdy.ts'

/** Value of `X-Stream-Protocol-Version`. */
export const spdyPortForwardProtocol = 'portforward.k8s.io'

/** Forwards what the client asks for until it closes the connection. See `forwardPorts` for the parameters. */
export function forwardSpdyStreams(
  connection: SpdyConnection,
  localPort: (port: number) => number,
  describe: string,
): void {
  const errorStreams = new Map<string, SpdyStream>()
  connection.on('stream', (stream) => {
    const request = stream.headers.get('requestid') ?? ''
    if (stream.headers.get('streamtype') === 'error') {
      errorStreams.set(request, stream)
      return
    }
    const errors = errorStreams.get(request)
    errorStreams.delete(request)
    if (errors === undefined) stream.reset()
    else forward(connection, stream, errors, localPort, describe)
  })
}

const forward = (
  connection: SpdyConnection,
  data: SpdyStream,
  errors: SpdyStream,
  localPort: (port: number) => number,
  describe: string,
): void => {
  const port = Number(data.headers.get('port'))
  const socket = connect({ port: localPort(port), host: '127.0.0.1', noDelay: true, allowHalfOpen: true })
  const resume = (): void => void socket.resume()
  connection.on('drain', resume)
  data.on('data', (chunk) => socket.write(chunk))
  data.on('end', () => socket.end())
  data.on('reset', () => socket.destroy())
  socket.on('data', (chunk) => {
    if (!data.write(chunk)) socket.pause()
  })
  socket.on('end', () => data.end())
  socket.on('error', (error) => {
    errors.write(Buffer.from(`error forwarding port ${port} to pod ${describe}: ${error.message}`))
  })
  socket.on('close', () => {
    connection.off('drain', resume)
    data.end()
    errors.end()
  })
}
