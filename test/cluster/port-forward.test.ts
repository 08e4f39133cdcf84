import { once } from 'node:events'
import type { Socket } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import { WebSocketServer } from 'ws'
import type { WebSocket } from 'ws'
import { openPortForward } from '../../src/cluster/port-forward.ts'
import { clientOf, failureOf, refusal, startFake } from './fake-api-server.ts'
import type { FakeApiServer } from './fake-api-server.ts'

const pod = { namespace: 'shop', pod: 'orders-0', port: 5432 }
const header = (channel: number, port: number): Buffer => Buffer.of(channel, port & 0xff, port >> 8)

interface Upgrade {
  readonly url: string
  readonly headers: Readonly<Record<string, unknown>>
}

/** A fake whose pods answer on the WebSocket; `serve` gets each connection after both channels were opened. */
async function podServer(
  serve: (socket: WebSocket) => void,
  port = pod.port,
): Promise<FakeApiServer & { readonly upgrades: Upgrade[] }> {
  const fake = await startFake(refusal(400, 'BadRequest'))
  const sockets = new WebSocketServer({
    noServer: true,
    handleProtocols: (offered) => (offered.has('v4.channel.k8s.io') ? 'v4.channel.k8s.io' : false),
  })
  const upgrades: Upgrade[] = []
  fake.server.on('upgrade', (request, socket, head) => {
    upgrades.push({ url: request.url ?? '', headers: request.headers })
    sockets.handleUpgrade(request, socket, head, (opened) => {
      opened.send(header(0, port))
      opened.send(header(1, port))
      serve(opened)
    })
  })
  return Object.assign(fake, { upgrades })
}

/** Sends back what comes in on the data channel. */
const echo = (socket: WebSocket): void => {
  socket.on('message', (data: Buffer) => socket.send(data))
}

describe('a port-forward', () => {
  test('carries bytes both ways, with the credentials of the connection', async () => {
    const fake = await podServer(echo)
    const stream = await openPortForward(clientOf(fake).transport, pod)
    const answered = once(stream, 'data')
    stream.write('SELECT 1')
    expect(String(await answered)).toBe('SELECT 1')
    stream.destroy()
    expect(fake.upgrades).toEqual([
      {
        url: '/api/v1/namespaces/shop/pods/orders-0/portforward?ports=5432',
        headers: expect.objectContaining({
          authorization: 'Bearer canary-token',
          'sec-websocket-protocol': 'v4.channel.k8s.io',
        }),
      },
    ])
    await expect.poll(() => fake.connections().open).toBe(0)
  })

  test('carries megabytes without loss or mix-up', async () => {
    const sent = Buffer.alloc(5_000_000, 'abcdefghij')
    const fake = await podServer((socket) => {
      for (let at = 0; at < sent.length; at += 32_768)
        socket.send(Buffer.concat([Buffer.of(0), sent.subarray(at, at + 32_768)]))
      socket.close()
    })
    const stream = await openPortForward(clientOf(fake).transport, pod)
    expect((await buffer(stream)).equals(sent)).toBe(true)
  })

  test('tells what goes wrong at the pod', async () => {
    const fake = await podServer((socket) =>
      socket.send(Buffer.concat([Buffer.of(1), Buffer.from('connection refused inside pod\n')])),
    )
    const stream = await openPortForward(clientOf(fake).transport, pod)
    const [error] = await once(stream.resume(), 'error').catch((cause: unknown) => [cause])
    expect(error).toMatchObject({ name: 'PortForwardError', message: 'connection refused inside pod' })
  })

  test('refuses a server that opens another port', async () => {
    const fake = await podServer(echo, 80)
    const stream = await openPortForward(clientOf(fake).transport, pod)
    const [error] = await once(stream.resume(), 'error').catch((cause: unknown) => [cause])
    expect(String(error)).toContain('opened port 80 instead of 5432')
  })

  test('ends when the other side goes away', async () => {
    const fake = await podServer((socket) => globalThis.setTimeout(() => socket.terminate(), 50))
    const stream = await openPortForward(clientOf(fake).transport, pod)
    await once(stream.resume(), 'close')
    expect(stream.destroyed).toBe(true)
  })

  test('that the server refuses is an error as for any other request', async () => {
    const fake = await startFake(refusal(400, 'BadRequest'))
    fake.server.on('upgrade', (_, socket: Socket) => {
      const body = JSON.stringify({
        kind: 'Status',
        status: 'Failure',
        reason: 'Forbidden',
        code: 403,
        message: 'no portforward for you',
      })
      socket.end(
        `HTTP/1.1 403 Forbidden\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
      )
    })
    const error = await failureOf(openPortForward(clientOf(fake).transport, pod))
    expect(error).toMatchObject({
      name: 'ApiError',
      code: 403,
      message: expect.stringContaining('no portforward for you'),
    })
    await expect.poll(() => fake.connections().open).toBe(0)
  })

  test('to a server that is not there is a connection error', async () => {
    const fake = await podServer(echo)
    await fake.stop()
    expect(await failureOf(openPortForward(clientOf(fake).transport, pod))).toMatchObject({
      name: 'ConnectionError',
      code: 'ECONNREFUSED',
    })
  })

  test('is ended by a signal, while it opens and when it is open', async () => {
    const fake = await startFake(refusal(400, 'BadRequest'))
    fake.server.on('upgrade', () => undefined)
    const ending = new AbortController()
    const opening = failureOf(openPortForward(clientOf(fake).transport, pod, { signal: ending.signal }))
    await expect.poll(() => fake.connections().open).toBe(1)
    ending.abort(new Error('interrupted'))
    expect(String(await opening)).toBe('Error: interrupted')
    await expect.poll(() => fake.connections().open).toBe(0)

    const other = await podServer(echo)
    const later = new AbortController()
    const stream = await openPortForward(clientOf(other).transport, pod, { signal: later.signal })
    const closed = once(stream.resume(), 'close')
    later.abort()
    await closed
  })
})
