/** What a process may still write that leads only for so long. */
import { describe, expect, test } from 'vitest'
import type { Fence } from '../../src/cluster/fence.ts'
import { clientOf, configMap, failureOf, impatientClock, json, refusal, silence, startFake } from './fake-api-server.ts'

const one = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'shop', name: 'one' }
const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'one', namespace: 'shop' } }

/** A fence that a test closes. */
function fenceOf(leftMs: number): Fence & { leave(ms: number): void; lose(): void } {
  let left = leftMs
  const losing = new AbortController()
  return {
    leftMs: () => left,
    signal: losing.signal,
    leave: (ms) => (left = ms),
    lose: () => losing.abort(new Error('the lease is lost')),
  }
}

describe('under a fence', () => {
  test('a write tells the server for how long it may take, and is sent with nothing else changed', async () => {
    const fake = await startFake(json(configMap('one')))
    await clientOf(fake, { fence: fenceOf(7200) }).apply(object)
    const query = new URL(fake.requests[0]?.url ?? '', fake.url).searchParams
    expect(Object.fromEntries(query)).toEqual({
      fieldManager: 'cdk8s-database',
      fieldValidation: 'Strict',
      timeout: '8s',
    })
  })

  test('no write is sent when no time is left, whatever the verb; reading goes on', async () => {
    const fake = await startFake(json(configMap('one')))
    const client = clientOf(fake, { fence: fenceOf(0) })
    const writes = [
      client.apply(object),
      client.create(object),
      client.update({ ...object, metadata: { ...object.metadata, resourceVersion: '1' } }),
      client.patch(one, {}),
      client.jsonPatch(one, []),
      client.delete(one, { uid: 'one' }),
    ]
    for (const write of writes) expect(await failureOf(write)).toMatchObject({ name: 'FencedError' })
    expect((await client.get(one))?.metadata.name).toBe('one')
    expect(fake.requests.map(({ method }) => method)).toEqual(['GET'])
  })

  test('a write that the server turned away is not sent again when the time is over', async () => {
    const fence = fenceOf(10_000)
    const fake = await startFake((request, response) => {
      fence.leave(0)
      refusal(429, 'TooManyRequests', {}, { 'retry-after': '1' })(request, response)
    })
    const failure = await failureOf(clientOf(fake, { fence, clock: impatientClock() }).apply(object))
    expect(failure).toMatchObject({ name: 'FencedError' })
    expect(fake.requests).toHaveLength(1)
  })

  test('what is under way ends when the lease is lost, and its connection is closed', async () => {
    const fence = fenceOf(10_000)
    const fake = await startFake(silence)
    const failure = failureOf(clientOf(fake, { fence }).apply(object))
    await expect.poll(() => fake.requests.length).toBe(1)
    fence.lose()
    expect(await failure).toMatchObject({ message: 'the lease is lost' })
    await expect.poll(() => fake.connections().open).toBe(0)
  })

  test('a write that nobody answers ends with the time that was left for it', async () => {
    const fake = await startFake(silence)
    const failure = await failureOf(clientOf(fake, { fence: fenceOf(50) }).create(object))
    expect(failure).toMatchObject({ name: 'RequestTimeoutError', timeoutMs: 50 })
  })
})
