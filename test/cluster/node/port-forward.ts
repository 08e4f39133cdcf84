/**
 * Port forwarding over a WebSocket, as a kubelet speaks it: per port a data channel and an error channel, every frame
 * begins with the channel's number, the first frame of each channel carries the port in two little-endian bytes.
 *
 * @see https://github.com/kubernetes/kubernetes/blob/v1.36.2/pkg/kubelet/server (cri-streaming portforward/websocket.go)
 */
import { connect } from 'node:net'
import type { WebSocket } from 'ws'

/** The sub-protocol of the channels. The kubelet knows no other one with plain bytes. */
export const portForwardProtocol = 'v4.channel.k8s.io'

const frame = (channel: number, data: Uint8Array): Buffer => Buffer.concat([Buffer.of(channel), data])

const portBytes = (port: number): Buffer => {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16LE(port)
  return bytes
}

/** When more than this waits to be sent, reading from the server pauses. */
const highWaterBytes = 1 << 20

/**
 * Forwards each of `ports` to a port of this machine, which `localPort` knows, until either side ends.
 *
 * `describe` names the pod in the message for a port on which nobody listens.
 */
export function forwardPorts(
  webSocket: WebSocket,
  ports: readonly number[],
  localPort: (port: number) => number,
  describe: string,
): void {
  const sockets = ports.map((port, index) => {
    const [dataChannel, errorChannel] = [index * 2, index * 2 + 1]
    webSocket.send(frame(dataChannel, portBytes(port)))
    webSocket.send(frame(errorChannel, portBytes(port)))
    const socket = connect({ port: localPort(port), host: '127.0.0.1', noDelay: true })
    socket.on('data', (data) => {
      webSocket.send(frame(dataChannel, data), () => {
        if (webSocket.bufferedAmount < highWaterBytes) socket.resume()
      })
      if (webSocket.bufferedAmount >= highWaterBytes) socket.pause()
    })
    socket.on('error', (error) => {
      const message = `error forwarding port ${port} to pod ${describe}: ${error.message}`
      webSocket.send(frame(errorChannel, Buffer.from(message)))
    })
    socket.on('close', () => {
      if (sockets.every(({ destroyed }) => destroyed)) webSocket.close(1000)
    })
    return socket
  })
  webSocket.on('message', (message: Buffer) => {
    const channel = message[0] ?? 0
    const socket = sockets[channel / 2]
    if (socket === undefined || message.length < 2) return
    if (!socket.write(message.subarray(1))) {
      webSocket.pause()
      socket.once('drain', () => webSocket.resume())
    }
  })
  const end = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  webSocket.on('close', end)
  webSocket.on('error', end)
}
