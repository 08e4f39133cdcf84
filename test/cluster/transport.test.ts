import { once } from 'node:events'
import { createServer } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import type { KubernetesObject } from '../../src/api/object.ts'
import { isTrustProblem } from '../../src/cluster/error-guards.ts'
import { ApiError } from '../../src/cluster/errors.ts'
import type { RetryEvent } from '../../src/cluster/transport-options.ts'
import { createCertificateAuthority, issueCertificate } from './certificate.ts'
import {
  authority,
  clientOf,
  configMap,
  configMapList,
  failureOf,
  impatientClock,
  json,
  reset,
  silence,
  startFake,
  refusal,
  text,
} from './fake-api-server.ts'
import { freePort } from './listening.ts'

const settings = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'shop', name: 'settings' }
const object = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'settings', namespace: 'shop' },
  data: { a: '1' },
}
const allConfigMaps = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'shop' }
const found = json(configMap('settings'))

afterEach(() => vi.useRealTimers())

describe('too many requests (429)', () => {
  test('waits as long as the server asks for, for a create too, because nothing was executed', async () => {
    const clock = impatientClock()
    const fake = await startFake([
      refusal(429, 'TooManyRequests', {}, { 'retry-after': '1' }),
      refusal(429, 'TooManyRequests', {}, { 'retry-after': '3' }),
      found,
    ])
    const retries: RetryEvent[] = []
    await clientOf(fake, { clock, onRetry: (event) => retries.push(event) }).create(object)
    expect(clock.waits).toEqual([1000, 3000])
    expect(retries.map(({ attempts, waitMs }) => ({ attempts, waitMs }))).toEqual([
      { attempts: 1, waitMs: 1000 },
      { attempts: 2, waitMs: 3000 },
    ])
  })

  test.each([
    ['absent', {}],
    ['garbage', { 'retry-after': 'soon' }],
    ['negative', { 'retry-after': '-5' }],
    ['a date gone by', { 'retry-after': 'Wed, 21 Oct 2015 07:28:00 GMT' }],
  ] as [string, Record<string, string>][])('uses its own growing waits when Retry-After is %s', async (_, headers) => {
    const clock = impatientClock()
    const busy = refusal(429, 'TooManyRequests', {}, headers)
    const fake = await startFake([busy, busy, busy, found])
    await clientOf(fake, { clock }).get(settings)
    expect(clock.waits).toEqual([200, 400, 800])
  })

  test('understands an HTTP date', async () => {
    const clock = impatientClock()
    const date = new Date(Date.now() + 8000).toUTCString()
    const fake = await startFake([refusal(429, 'TooManyRequests', {}, { 'retry-after': date }), found])
    await clientOf(fake, { clock }).get(settings)
    expect(clock.waits[0]).toBeGreaterThan(6000)
    expect(clock.waits[0]).toBeLessThanOrEqual(8000)
  })

  test('gives up at once when the server asks for more time than there is', async () => {
    const clock = impatientClock()
    const fake = await startFake(refusal(429, 'TooManyRequests', {}, { 'retry-after': '3600' }))
    const error = await failureOf(clientOf(fake, { clock }).get(settings))
    expect(error).toMatchObject({
      name: 'RequestTimeoutError',
      outcome: 'not-executed',
      message: expect.stringContaining('the server asks to wait 3600 s'),
    })
    expect(clock.waits).toEqual([])
  })
})

describe('errors of the server (5xx)', () => {
  test.each([502, 503, 504])('repeats an apply after a %d with an HTML body', async (code) => {
    const clock = impatientClock()
    const fake = await startFake([text('<html>Bad gateway</html>', code), found])
    await clientOf(fake, { clock }).apply(object)
    expect(fake.requests.map(({ body }) => body)).toEqual([JSON.stringify(object), JSON.stringify(object)])
  })

  test('reports an internal error that stays with the words of the server, after five attempts', async () => {
    const fake = await startFake(refusal(500, 'InternalError', { message: 'webhook "x" is broken' }))
    const error = await failureOf(clientOf(fake, { clock: impatientClock() }).apply(object))
    expect(error).toMatchObject({
      code: 500,
      message: 'patch configmaps shop/settings: 500 InternalError: webhook "x" is broken',
    })
    expect(fake.requests).toHaveLength(5)
  })

  test('repeats only once what the server has no word for', async () => {
    const fake = await startFake(
      json({ kind: 'Status', status: 'Failure', message: '.spec.prots: field not declared in schema', code: 500 }, 500),
    )
    const error = await failureOf(clientOf(fake, { clock: impatientClock() }).apply(object))
    expect(String(error)).toContain('field not declared in schema')
    expect(fake.requests).toHaveLength(2)
  })

  test('does not repeat a create: the first may have been executed', async () => {
    const fake = await startFake([refusal(504, 'Timeout'), found])
    const error = await failureOf(clientOf(fake, { clock: impatientClock() }).create(object))
    expect(error).toMatchObject({ code: 504 })
    expect(fake.requests).toHaveLength(1)
  })

  test('repeats a deletion by uid, and not one by name alone', async () => {
    const fake = await startFake([
      refusal(503, 'ServiceUnavailable'),
      json({ kind: 'Status', status: 'Success' }),
      refusal(503, 'ServiceUnavailable'),
    ])
    const client = clientOf(fake, { clock: impatientClock() })
    expect(await client.delete(settings, { uid: 'u1' })).toBe('deleted')
    expect(await failureOf(client.delete(settings))).toMatchObject({ code: 503 })
    expect(fake.requests).toHaveLength(3)
  })

  test('does not quote an HTML page', async () => {
    const fake = await startFake(text('<html>secret page</html>', 502))
    const error = await failureOf(clientOf(fake, { clock: impatientClock() }).create(object))
    expect(String(error)).toBe(
      'ApiError: create configmaps shop/settings: 502: the reply has no Kubernetes status (text/html, 24 bytes)',
    )
  })
})

describe('answers that are not from an API server', () => {
  test.each([
    ['an HTML page', text('<html>Please log in</html>')],
    ['an empty object', json({})],
    ['another kind', json({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'settings' } })],
    ['another object of the kind', json(configMap('other'))],
    ['no content', (_, response) => response.writeHead(204).end()],
    ['an array', json([])],
    ['JSON that says it is text', text('{"kind":"ConfigMap"}', 200, 'text/plain')],
    ['half of a JSON text', text('{"kind":"Conf', 200, 'application/json')],
    ['a 404 page', text('<html>404</html>', 404)],
  ] as [string, Parameters<typeof startFake>[0]][])(
    '%s is an error for a get, never "not found"',
    async (_, answer) => {
      const fake = await startFake(answer)
      expect(await failureOf(clientOf(fake).get(settings))).toMatchObject({ name: 'UnexpectedReplyError' })
      expect(fake.requests).toHaveLength(1)
    },
  )

  test.each([
    ['an HTML page', text('<html>Please log in</html>')],
    ['an empty object', json({})],
    ['a list of something else', json({ apiVersion: 'v1', kind: 'PodList', metadata: {}, items: [] })],
    ['a list without items', json({ apiVersion: 'v1', kind: 'ConfigMapList', metadata: {} })],
    ['a single object', json(configMap('settings'))],
    ['items that are no objects', json({ apiVersion: 'v1', kind: 'ConfigMapList', metadata: {}, items: [{}] })],
  ] as [string, Parameters<typeof startFake>[0]][])(
    '%s is an error for a list, never an empty one',
    async (_, answer) => {
      const fake = await startFake(answer)
      expect(await failureOf(clientOf(fake).list(allConfigMaps))).toMatchObject({ name: 'UnexpectedReplyError' })
    },
  )

  test('an empty list as Go writes it is an empty list', async () => {
    const fake = await startFake(
      json({ apiVersion: 'v1', kind: 'ConfigMapList', metadata: { resourceVersion: '5' }, items: null }),
    )
    expect(await clientOf(fake).list(allConfigMaps)).toEqual({ items: [], resourceVersion: '5' })
  })

  test('a redirect is not followed and takes no credential anywhere', async () => {
    const elsewhere = await startFake(found)
    const fake = await startFake((_, response) => response.writeHead(302, { location: elsewhere.url.href }).end())
    const error = await failureOf(clientOf(fake).get(settings))
    expect(error).toMatchObject({
      name: 'UnexpectedReplyError',
      message: expect.stringContaining(`to ${elsewhere.url.host}`),
    })
    expect(elsewhere.requests).toHaveLength(0)
  })
})

describe('connections that fail', () => {
  const truncated = (chunked: boolean) => (_: unknown, response: import('node:http').ServerResponse) => {
    response.writeHead(200, { 'content-type': 'application/json', ...(chunked ? {} : { 'content-length': 500 }) })
    response.write('{"kind":"ConfigMap","metadata":{"na')
    globalThis.setTimeout(() => response.destroy(), 10)
  }

  test.each([
    ['with a length', false],
    ['in chunks', true],
  ])('a body that is cut off %s is repeated', async (_, chunked) => {
    const fake = await startFake([truncated(chunked), found])
    expect((await clientOf(fake, { clock: impatientClock() }).get(settings))?.metadata.name).toBe('settings')
  })

  test('a body that is always cut off is an error, not half an object', async () => {
    const fake = await startFake(truncated(true))
    const error = await failureOf(clientOf(fake, { clock: impatientClock(), deadlineMs: 2000 }).get(settings))
    expect(error).toMatchObject({ name: 'ConnectionError', code: 'TRUNCATED', outcome: 'unknown' })
  })

  test('a body that drips is ended by the time limit of the request', async () => {
    const fake = await startFake((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      const drip = setInterval(() => response.write(' '), 20)
      response.once('close', () => clearInterval(drip))
    })
    // It would drip on for longer than a test may take.
    const error = await failureOf(clientOf(fake).get(settings, { timeoutMs: 200, deadlineMs: 300 }))
    expect(error).toMatchObject({ name: 'RequestTimeoutError', outcome: 'unknown' })
  })

  test('a server that accepts and stays silent is given up, and its socket closed', async () => {
    const fake = await startFake(silence)
    const client = clientOf(fake)
    const error = await failureOf(client.create(object, { timeoutMs: 100 }))
    expect(String(error)).toBe('RequestTimeoutError: create configmaps shop/settings: no complete answer within 0.1 s')
    await expect.poll(() => fake.connections().open).toBe(0)
    expect(fake.requests).toHaveLength(1)
  })

  test('a reset is repeated for what is idempotent, and its outcome is unknown for a create', async () => {
    const fake = await startFake([found, reset, found, reset])
    const client = clientOf(fake, { clock: impatientClock() })
    await client.get(settings)
    await client.apply(object)
    expect(await failureOf(client.create(object))).toMatchObject({
      name: 'ConnectionError',
      code: 'ECONNRESET',
      outcome: 'unknown',
    })
    expect(fake.requests).toHaveLength(4)
  })

  test('a server that was never there is told within seconds', async () => {
    const clock = impatientClock()
    const port = await freePort()
    const client = clientOf({ url: new URL(`https://127.0.0.1:${port}`) }, { clock })
    const error = await failureOf(client.get(settings))
    expect(error).toMatchObject({
      name: 'ConnectionError',
      outcome: 'not-executed',
      message: `cannot reach https://127.0.0.1:${port}: connection refused (ECONNREFUSED)`,
    })
    expect(clock.waits.reduce((sum, wait) => sum + wait, 0)).toBeLessThan(3000)
  })

  test('a server that restarts is waited for, with a create too, because it was never sent', async () => {
    const first = await startFake(found)
    const client = clientOf(first)
    await client.get(settings)
    const port = Number(first.url.port)
    await first.stop()
    // Until the client has seen that its idle socket was closed: a create on a dying socket has an unknown outcome.
    await setTimeout(50)
    const creating = client.create(object)
    await setTimeout(300)
    const second = await startFake(found, { port })
    expect((await creating).metadata.name).toBe('settings')
    expect(second.requests).toHaveLength(1)
  })

  test('a name that does not resolve is told with the server', async () => {
    const client = clientOf({ url: new URL('https://nowhere.invalid:6443') }, { clock: impatientClock() })
    expect(String(await failureOf(client.get(settings)))).toMatch(
      /cannot reach https:\/\/nowhere\.invalid:6443: .*\((ENOTFOUND|EAI_AGAIN)\)/,
    )
  })
})

describe('credentials that the server rejects (401)', () => {
  test('are told without the token, after one attempt when there is nothing to renew', async () => {
    const fake = await startFake(refusal(401, 'Unauthorized'))
    const error = await failureOf(clientOf(fake).get(settings))
    expect(error).toMatchObject({ name: 'CredentialError', rejected: true })
    expect(String(error)).toBe(
      `CredentialError: get configmaps shop/settings: ${fake.url.origin} rejected the credentials of context fake (token)`,
    )
    expect(JSON.stringify(error)).not.toContain('canary')
    expect(fake.requests).toHaveLength(1)
  })
})

describe('trust', () => {
  const stranger = createCertificateAuthority('somebody else')

  test.each([
    [
      'another authority',
      () => issueCertificate(stranger, { commonName: 'x', hosts: ['127.0.0.1'] }),
      /cannot be verified.*checked against the kubeconfig's certificate authority CN=fake authority/,
    ],
    [
      'another name',
      () => issueCertificate(authority, { commonName: 'x', hosts: ['10.0.0.1'] }),
      /certificate is for another name/,
    ],
    [
      'an expired certificate',
      () => {
        vi.useFakeTimers({ toFake: ['Date'], now: new Date('2020-01-01T00:00:00Z') })
        const old = issueCertificate(authority, { commonName: 'x', hosts: ['127.0.0.1'] })
        vi.useRealTimers()
        return old
      },
      /certificate has expired/,
    ],
  ])('a server with %s gets no request and is not asked again', async (_, certificate, message) => {
    const fake = await startFake(found, { certificate: certificate() })
    const error = await failureOf(clientOf(fake, { clock: impatientClock() }).get(settings))
    expect(isTrustProblem(error)).toBe(true)
    expect(String(error)).toMatch(message)
    expect(fake.requests).toHaveLength(0)
    expect(fake.connections().accepted).toBe(1)
  })

  test('a name of the kubeconfig takes the place of the host', async () => {
    const fake = await startFake(found, {
      certificate: issueCertificate(authority, { commonName: 'x', hosts: ['api.internal'] }),
    })
    expect(await clientOf(fake, {}, { tlsServerName: 'api.internal' }).get(settings)).toBeDefined()
  })

  test('a reset in the handshake counts as not executed', async () => {
    const server = createServer((socket) => socket.destroy())
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => void server.close())
    const address = server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const client = clientOf({ url: new URL(`https://127.0.0.1:${port}`) }, { clock: impatientClock() })
    expect(await failureOf(client.create(object))).toMatchObject({ name: 'ConnectionError', outcome: 'not-executed' })
  })

  test('a port that speaks plain HTTP is named as the problem', async () => {
    const fake = await startFake(found, { plain: true })
    const client = clientOf({ url: new URL(`https://${fake.url.host}`) }, { clock: impatientClock() })
    expect(String(await failureOf(client.get(settings)))).toContain('speak https on this port')
  })
})

describe('what is sent', () => {
  test('is the object byte for byte, to a path that keeps its capitals', async () => {
    const role = {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata: { name: 'Orders:Reader/x', namespace: 'shop' },
      _from: [{ unknown: { $ref: null, z: 1, a: 'größer 🐘' } }],
    }
    const fake = await startFake(json(role))
    await clientOf(fake).apply(role)
    expect(fake.requests[0]).toMatchObject({
      method: 'PATCH',
      url: '/apis/rbac.authorization.k8s.io/v1/namespaces/shop/roles/Orders%3AReader%2Fx?fieldManager=cdk8s-database&fieldValidation=Strict',
      body: JSON.stringify(role),
      headers: { 'content-type': 'application/apply-patch+yaml', authorization: 'Bearer canary-token' },
    })
  })

  test('goes below the path of the server, as behind Rancher', async () => {
    const fake = await startFake(found)
    await clientOf({ url: new URL('/k8s/clusters/c-1/', fake.url) }).get(settings)
    expect(fake.requests[0]?.url).toBe('/k8s/clusters/c-1/api/v1/namespaces/shop/configmaps/settings')
  })

  test('says how to write: manager, force, dry run, preconditions', async () => {
    const fake = await startFake(found)
    const client = clientOf(fake)
    await client.apply(object, { fieldManager: 'me', force: true, dryRun: true })
    await client.applyStatus(object)
    await client.patch(settings, { metadata: { resourceVersion: '7' } })
    await client.delete(settings, { uid: 'u1', resourceVersion: '7', propagationPolicy: 'Orphan' })
    expect(
      fake.requests.map(({ method, url }) => `${method} ${url.replace('/api/v1/namespaces/shop/configmaps/', '')}`),
    ).toEqual([
      'PATCH settings?fieldManager=me&fieldValidation=Strict&dryRun=All&force=true',
      'PATCH settings/status?fieldManager=cdk8s-database&fieldValidation=Strict',
      'PATCH settings?fieldManager=cdk8s-database&fieldValidation=Strict',
      'DELETE settings',
    ])
    expect(JSON.parse(fake.requests[3]?.body ?? '')).toEqual({
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      preconditions: { uid: 'u1', resourceVersion: '7' },
      propagationPolicy: 'Orphan',
    })
  })

  test('is a whole object with the version that was read, for an update', async () => {
    const fake = await startFake(found)
    const known = configMap('settings', { resourceVersion: '7' }) as unknown as KubernetesObject
    await clientOf(fake).update(known, { fieldManager: 'me' })
    expect(fake.requests[0]).toMatchObject({
      method: 'PUT',
      url: '/api/v1/namespaces/shop/configmaps/settings?fieldManager=me&fieldValidation=Strict',
      body: JSON.stringify(known),
      headers: { 'content-type': 'application/json' },
    })
    const unread = { ...known, metadata: { name: 'settings' } }
    expect(await failureOf(clientOf(fake).update(unread))).toBeInstanceOf(TypeError)
    expect(fake.requests).toHaveLength(1)
  })

  test('is sent once where it is an update: the second would meet what the first one did', async () => {
    const fake = await startFake(reset)
    const known = configMap('settings') as unknown as KubernetesObject
    const error = await failureOf(clientOf(fake, { clock: impatientClock() }).update(known))
    expect(error).toMatchObject({ name: 'ConnectionError', outcome: 'unknown' })
    expect(fake.requests).toHaveLength(1)
  })

  test('is told attempt by attempt: method, host and code, or that no answer came', async () => {
    const fake = await startFake([refusal(429, 'TooManyRequests'), reset, found, text('ok', 403)])
    const told: string[] = []
    const client = clientOf(fake, {
      clock: impatientClock(),
      onAttempt: ({ target, method, host, code }) => told.push(`${method} ${target.verb} ${host} ${code ?? 'none'}`),
    })
    await client.get(settings)
    const { signal } = new AbortController()
    const target = { verb: 'watch', resource: 'configmaps' }
    const watching = { target, path: '/api/v1/configmaps', method: 'GET', expect: 'untyped', retry: 'never' } as const
    await failureOf(client.transport.stream({ ...watching, signal }))
    await fake.stop()
    await failureOf(client.transport.stream({ ...watching, signal }))
    const { host } = fake.url
    expect(told).toEqual([
      `GET get ${host} 429`,
      `GET get ${host} none`,
      `GET get ${host} 200`,
      `GET watch ${host} 403`,
      `GET watch ${host} none`,
    ])
  })

  test('uses few connections, bounded also when many requests come at once', async () => {
    const fake = await startFake((_, response) => globalThis.setTimeout(() => found(_, response), 5))
    const client = clientOf(fake, { maxInFlight: 4 })
    for (let turn = 0; turn < 10; turn += 1) await client.get(settings)
    expect(fake.connections().accepted).toBe(1)
    await Promise.all(Array.from({ length: 60 }, () => client.get(settings)))
    expect(fake.connections().accepted).toBeLessThanOrEqual(4)
    expect(client.transport.usage()).toEqual([
      {
        verb: 'get',
        resource: 'configmaps',
        requests: 70,
        bytesSent: 0,
        bytesReceived: 70 * JSON.stringify(configMap('settings')).length,
      },
    ])
  })

  test('asks for compressed replies where that pays, and reads them', async () => {
    const fake = await startFake((request, response) => {
      expect(request.headers['accept-encoding']).toBe('gzip')
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' })
      response.end(gzipSync(JSON.stringify(configMap('settings'))))
    })
    expect((await clientOf(fake, {}, { compression: true }).get(settings))?.metadata.name).toBe('settings')
  })

  test('a compressed reply that is cut off is an error', async () => {
    const packed = gzipSync(JSON.stringify(configMap('settings')))
    const fake = await startFake((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' })
      response.end(packed.subarray(0, packed.length - 12))
    })
    const error = await failureOf(
      clientOf(fake, { clock: impatientClock(), deadlineMs: 1000 }, { compression: true }).get(settings),
    )
    expect(error).toMatchObject({ name: 'ConnectionError', code: 'TRUNCATED' })
  })
})

describe('warnings of the server', () => {
  test('are told once each, whatever repeats them', async () => {
    const fake = await startFake(
      json(configMap('settings'), 200, {
        warning: ['299 - "would violate PodSecurity \\"restricted\\""', '299 - "v1 is deprecated"'],
      }),
    )
    const warnings: string[] = []
    const client = clientOf(fake, { onWarning: (warning) => warnings.push(warning) })
    await client.get(settings)
    await client.get(settings)
    expect(warnings).toEqual(['would violate PodSecurity "restricted"', 'v1 is deprecated'])
  })
})

describe('ending requests', () => {
  test('by the signal of the caller, with its reason, at once', async () => {
    const fake = await startFake(silence)
    const ending = new AbortController()
    const getting = failureOf(clientOf(fake).get(settings, { signal: ending.signal }))
    await expect.poll(() => fake.requests.length).toBe(1)
    const reason = new Error('interrupted')
    ending.abort(reason)
    expect(await getting).toBe(reason)
    await expect.poll(() => fake.connections().open).toBe(0)
  })

  test('also while waiting for the next attempt, or for a free slot', async () => {
    const fake = await startFake([refusal(429, 'TooManyRequests', {}, { 'retry-after': '30' }), silence])
    const client = clientOf(fake, { maxInFlight: 1 })
    const ending = new AbortController()
    const waiting = [
      client.get(settings, { signal: ending.signal }),
      client.get(settings, { signal: ending.signal }),
      client.get(settings, { signal: ending.signal }),
    ].map(failureOf)
    await expect.poll(() => fake.requests.length).toBe(2)
    ending.abort(new Error('interrupted'))
    expect((await Promise.all(waiting)).map(String)).toEqual(Array(3).fill('Error: interrupted'))
  })
})

describe('secrets', () => {
  test('a value of a Secret and the token are taken out of what the server says', async () => {
    const secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'login', namespace: 'shop' },
      data: { password: 'Y2FuYXJ5LXB3' },
    }
    const quoting = refusal(422, 'Invalid', {
      message: 'data: Invalid value: "canary-pw" (Y2FuYXJ5LXB3), sent by canary-token',
      details: { causes: [{ reason: 'FieldValueInvalid', message: 'Invalid value: "canary-pw"', field: 'data' }] },
    })
    const fake = await startFake(quoting)
    const error = await failureOf(clientOf(fake).apply(secret))
    expect(error).toBeInstanceOf(ApiError)
    expect(JSON.stringify(error) + String(error)).not.toMatch(/canary|Y2FuYXJ5/)
    expect(String(error)).toContain('data: Invalid value: "***"')
  })
})

test('a list is read page by page, and in one piece when the pages outlive their token', async () => {
  const page = (name: string, token?: string) =>
    json(configMapList([configMap(name)], token === undefined ? {} : { continue: token }))
  const fake = await startFake([
    page('one', 't1'),
    page('two'),
    page('one', 't2'),
    refusal(410, 'Expired'),
    json(configMapList([configMap('one'), configMap('two')])),
  ])
  const client = clientOf(fake)
  const names = async (): Promise<string[]> =>
    (await client.list(allConfigMaps)).items.map(({ kind, metadata }) => `${kind} ${metadata.name}`)
  expect(await names()).toEqual(['ConfigMap one', 'ConfigMap two'])
  expect(await names()).toEqual(['ConfigMap one', 'ConfigMap two'])
  expect(fake.requests.map(({ url }) => url.split('?')[1])).toEqual([
    'limit=500',
    'limit=500&continue=t1',
    'limit=500',
    'limit=500&continue=t2',
    undefined,
  ])
})
