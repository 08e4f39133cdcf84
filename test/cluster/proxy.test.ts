import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { clientOf, configMap, failureOf, json, startFake } from './fake-api-server.ts'

const settings = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'shop', name: 'settings' }

/** A proxy that opens tunnels, and writes down where to. */
async function startProxy(): Promise<{ readonly url: string; readonly tunnels: readonly string[] }> {
  const tunnels: string[] = []
  const sockets = new Set<Socket>()
  const proxy = createServer((_, reply) => reply.writeHead(400).end())
  proxy.on('connection', (socket: Socket) => sockets.add(socket))
  proxy.on('connect', (request, client: Socket) => {
    tunnels.push(request.url ?? '')
    const [host = '', port = ''] = (request.url ?? '').split(':')
    const server = connect(Number(port), host, () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n')
      server.pipe(client)
      client.pipe(server)
    })
    sockets.add(server)
    for (const socket of [server, client]) socket.on('error', () => socket.destroy())
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy()
    proxy.close()
    await once(proxy, 'close')
  })
  const address = proxy.address()
  return { url: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`, tunnels }
}

test('a request goes through the proxy, in a tunnel that ends at the verified server', async () => {
  const fake = await startFake(json(configMap('settings')))
  const proxy = await startProxy()
  expect(await clientOf(fake, {}, { proxy: { HTTPS_PROXY: proxy.url } }).get(settings)).toBeDefined()
  expect(proxy.tunnels).toEqual([fake.url.host])
})

test('a proxy that is not there is an error, not a reason to go around it', async () => {
  const fake = await startFake(json(configMap('settings')))
  const client = clientOf(fake, { firstContactMs: 200 }, { proxy: { HTTPS_PROXY: 'http://127.0.0.1:1' } })
  expect(await failureOf(client.get(settings))).toMatchObject({ name: 'ConnectionError', outcome: 'not-executed' })
  expect(fake.requests).toHaveLength(0)
})

test('a server that is excepted is reached directly', async () => {
  const fake = await startFake(json(configMap('settings')))
  const proxy = { HTTPS_PROXY: 'http://127.0.0.1:1', NO_PROXY: '127.0.0.1' }
  expect(await clientOf(fake, {}, { proxy }).get(settings)).toBeDefined()
})
