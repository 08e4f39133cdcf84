import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { startByteCounter } from '../../bench/byte-counter.ts'

test('the byte counter passes everything on and counts it once', async () => {
  const server = createServer((_, response) => response.end('x'.repeat(100_000)))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const counter = await startByteCounter((server.address() as AddressInfo).port)
  onTestFinished(() => counter.stop())

  const length = await new Promise<number>((resolve, reject) => {
    let received = 0
    request({ port: counter.port, host: '127.0.0.1', agent: false }, (reply) => {
      reply.on('data', (chunk: Buffer) => (received += chunk.length))
      reply.on('end', () => resolve(received))
    })
      .on('error', reject)
      .end()
  })

  expect(length).toBe(100_000)
  const traffic = counter.take()
  expect(traffic.connections).toBe(1)
  expect(traffic.bytesReceived).toBeGreaterThan(100_000)
  expect(traffic.bytesReceived).toBeLessThan(101_000)
  expect(traffic.bytesSent).toBeGreaterThan(20)
  expect(counter.take()).toEqual({ connections: 0, bytesSent: 0, bytesReceived: 0 })
})
