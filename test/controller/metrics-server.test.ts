import { connect } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { HealthCheck } from '../../src/controller/health.ts'
import { parseListenAddress } from '../../src/controller/listen-address.ts'
import { MetricsRegistry } from '../../src/controller/metrics.ts'
import { startMetricsServer } from '../../src/controller/metrics-server.ts'
import type { MetricsServer, MetricsServerOptions } from '../../src/controller/metrics-server.ts'

const well: HealthCheck = { name: 'ping', check: () => undefined }
const ill: HealthCheck = { name: 'sync', check: () => Promise.reject(new Error('canary-reason')) }

async function start(options: Partial<MetricsServerOptions> = {}): Promise<MetricsServer> {
  const server = await startMetricsServer({
    address: { host: '127.0.0.1', port: 0 },
    registry: new MetricsRegistry(),
    healthz: [well],
    readyz: [well],
    ...options,
  })
  onTestFinished(() => server.close())
  return server
}

const ask = ({ port }: MetricsServer, path: string, method = 'GET'): Promise<Response> =>
  fetch(`http://127.0.0.1:${port}${path}`, { method, headers: { connection: 'close' } })

describe('the server of a controller', () => {
  test('serves metrics in the format that Prometheus asks for', async () => {
    const registry = new MetricsRegistry()
    registry.counter({ name: 'a_total', help: 'A' }).add()
    const reply = await ask(await start({ registry }), '/metrics')
    expect([reply.status, reply.headers.get('content-type')]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8'])
    expect(await reply.text()).toBe('# HELP a_total A\n# TYPE a_total counter\na_total 1\n')
  })

  test('says ok, and with ?verbose what is', async () => {
    const server = await start({ readyz: [well, { name: 'informers', check: () => undefined }] })
    const short = await ask(server, '/readyz')
    expect([short.status, await short.text()]).toEqual([200, 'ok'])
    const long = await ask(server, '/readyz?verbose')
    expect([long.status, await long.text()]).toEqual([200, '[+]ping ok\n[+]informers ok\nreadyz check passed\n'])
    expect(await (await ask(server, '/healthz?verbose=1')).text()).toBe('[+]ping ok\nhealthz check passed\n')
  })

  test('lists what fails, without the reason, which only the process is told', async () => {
    const told: unknown[] = []
    const server = await start({ readyz: [well, ill], onFailure: (name, error) => told.push([name, String(error)]) })
    const reply = await ask(server, '/readyz')
    expect([reply.status, await reply.text()]).toEqual([
      500,
      '[+]ping ok\n[-]sync failed: reason withheld\nreadyz check failed\n',
    ])
    expect(told).toEqual([['sync', 'Error: canary-reason']])
    expect((await ask(server, '/healthz')).status, 'the other endpoint is not concerned').toBe(200)
  })

  test('leaves a check out, and serves each by itself', async () => {
    const server = await start({ readyz: [well, ill] })
    const reply = await ask(server, '/readyz?verbose&exclude=sync&exclude=no')
    expect([reply.status, await reply.text()]).toEqual([
      200,
      '[+]ping ok\n[+]sync excluded: ok\nwarn: some health checks cannot be excluded: no matches for "no"\nreadyz check passed\n',
    ])
    const paths = ['/readyz/ping', '/readyz/sync', '/readyz/no', '/healthz/sync', '/readyz/ping/more', '/readyz/']
    const codes = await Promise.all(paths.map(async (path) => (await ask(server, path)).status))
    expect(codes).toEqual([200, 500, 404, 404, 404, 500])
  })

  test('takes a check that does not answer for failed', async () => {
    const told: unknown[] = []
    const stuck: HealthCheck = { name: 'stuck', check: () => new Promise(() => undefined) }
    const server = await start({ healthz: [stuck], onFailure: (name, error) => told.push([name, String(error)]) })
    expect((await ask(server, '/healthz')).status).toBe(500)
    expect(told).toEqual([['stuck', 'Error: no answer within 0.9 s']])
  })

  test('answers nothing else, and nobody who wants to change something', async () => {
    const server = await start()
    expect((await ask(server, '/')).status).toBe(404)
    expect((await ask(server, '/metrics/..%2f')).status).toBe(404)
    expect((await ask(server, '/toString')).status).toBe(404)
    const post = await ask(server, '/metrics', 'POST')
    expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
    const head = await ask(server, '/healthz', 'HEAD')
    expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, '2', ''])
  })

  test('goes on when the metrics cannot be written', async () => {
    const told: unknown[] = []
    const registry = {
      text: () => {
        throw new Error('canary-reason')
      },
    }
    const server = await start({ registry, onFailure: (name) => told.push(name) })
    const reply = await ask(server, '/metrics')
    expect([reply.status, await reply.text()]).toEqual([500, 'internal error\n'])
    expect(told).toEqual(['server'])
    expect((await ask(server, '/healthz')).status).toBe(200)
  })

  test('answers what was asked when it is closed, and waits for nobody who asks nothing', async () => {
    const waiting = Promise.withResolvers<void>()
    const asked = Promise.withResolvers<void>()
    const slow: HealthCheck = {
      name: 'slow',
      check: () => {
        asked.resolve()
        return waiting.promise
      },
    }
    const server = await start({ healthz: [slow] })
    const idle = connect(server.port, '127.0.0.1')
    idle.on('error', () => undefined)
    onTestFinished(() => void idle.destroy())
    await new Promise((resolve) => idle.once('connect', resolve))
    const reply = ask(server, '/healthz')
    await asked.promise
    const closing = server.close()
    waiting.resolve()
    expect((await reply).status).toBe(200)
    await closing
    await server.close()
    await expect(ask(server, '/healthz')).rejects.toThrow('fetch failed')
  })

  test('says that its address is taken', async () => {
    const { port } = await start()
    await expect(start({ address: { host: '127.0.0.1', port } })).rejects.toMatchObject({ code: 'EADDRINUSE' })
  })
})

test.each([
  ['127.0.0.1:8080', { host: '127.0.0.1', port: 8080 }],
  [':8081', { port: 8081 }],
  ['[::1]:0', { host: '::1', port: 0 }],
  ['localhost:65535', { host: 'localhost', port: 65_535 }],
])('%s is an address to listen on', (text, address) => {
  expect(parseListenAddress(text)).toEqual(address)
})

test.each(['8080', '', ':', ':65536', '::1:80', 'host:port', '127.0.0.1:80 ', 'http://127.0.0.1:80'])(
  '"%s" is none',
  (text) => {
    expect(() => parseListenAddress(text)).toThrow('write HOST:PORT or :PORT')
  },
)
