import { createServer, request } from 'node:http'
import type { RequestListener } from 'node:http'
import { createServer as createTcpServer, connect } from 'node:net'
import type { AddressInfo, Server } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import { startNetwork } from '../../bench/network.ts'
import type { Network, NetworkOptions } from '../../bench/network.ts'

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port
}

async function networkBefore(serverPort: number, options?: NetworkOptions): Promise<Network> {
  const network = await startNetwork(serverPort, options)
  onTestFinished(() => network.stop())
  return network
}

const servesText =
  (text: string): RequestListener =>
  (_, response) =>
    response.end(text)

const lengthOfReply = ({ port }: Network): Promise<number> =>
  new Promise((resolve, reject) => {
    request({ port, host: '127.0.0.1', agent: false }, (reply) => {
      buffer(reply).then(({ length }) => resolve(length), reject)
    })
      .on('error', reject)
      .end()
  })

test('a network passes everything on and counts it once', async () => {
  const network = await networkBefore(await listening(createServer(servesText('x'.repeat(100_000)))))

  expect(await lengthOfReply(network)).toBe(100_000)
  const traffic = network.take()
  expect(traffic.connections).toBe(1)
  expect(traffic.bytesReceived).toBeGreaterThan(100_000)
  expect(traffic.bytesReceived).toBeLessThan(101_000)
  expect(traffic.bytesSent).toBeGreaterThan(20)
  expect(network.take()).toEqual({ connections: 0, bytesSent: 0, bytesReceived: 0 })
})

test('a server that is some way off answers a new connection after two round trips, with every byte', async () => {
  const network = await networkBefore(await listening(createServer(servesText('x'.repeat(1_000_000)))), {
    roundTripMs: 40,
  })

  const before = performance.now()
  expect(await lengthOfReply(network)).toBe(1_000_000)
  expect(performance.now() - before).toBeGreaterThanOrEqual(80)
})

test('what a server some way off says before it hangs up arrives, and the end behind it', async () => {
  const speaker = createTcpServer((socket) => {
    socket.on('error', () => socket.destroy())
    socket.end('goodbye')
  })
  const network = await networkBefore(await listening(speaker), { roundTripMs: 20 })

  const socket = connect(network.port, '127.0.0.1')
  expect((await buffer(socket)).toString()).toBe('goodbye')
})

test('many requests to a server some way off are under way at once', async () => {
  const network = await networkBefore(await listening(createServer(servesText('here'))), { roundTripMs: 200 })

  const before = performance.now()
  const lengths = await Promise.all(Array.from({ length: 10 }, () => lengthOfReply(network)))
  expect(lengths).toEqual(lengths.map(() => 4))
  // One after the other they would take ten times two round trips.
  expect(performance.now() - before).toBeLessThan(2000)
})
