import type { ServerResponse } from 'node:http'
import { setTimeout } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import type { Client } from '../../src/cluster/client.ts'
import { systemClock } from '../../src/cluster/clock.ts'
import type { WatchEvent } from '../../src/cluster/watch-event.ts'
import { watch } from '../../src/cluster/watch.ts'
import type { WatchOptions } from '../../src/cluster/watch.ts'
import {
  clientOf,
  configMap,
  configMapList,
  impatientClock,
  json,
  refusal,
  silence,
  startFake,
} from './fake-api-server.ts'
import type { Answer, FakeApiServer } from './fake-api-server.ts'

const selection = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'shop', labelSelector: 'app=orders' }

/** A ConfigMap in some version, of some incarnation. */
const version = (name: string, resourceVersion: string, uid = `uid-${name}`): Record<string, unknown> =>
  configMap(name, { resourceVersion, uid })

const line = (type: string, object: unknown): string => `${JSON.stringify({ type, object })}\n`
const bookmark = (resourceVersion: string): string =>
  line('BOOKMARK', { kind: 'ConfigMap', apiVersion: 'v1', metadata: { resourceVersion } })
const expired = line('ERROR', {
  kind: 'Status',
  status: 'Failure',
  reason: 'Expired',
  code: 410,
  message: 'too old resource version',
})

/** A watch that sends some text and then goes on, ends, or is reset. */
const stream =
  (content: string, then: 'stay' | 'end' | 'reset' = 'stay'): Answer =>
  (_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.flushHeaders()
    response.write(content, () => finish(response, then))
  }

function finish(response: ServerResponse, then: 'stay' | 'end' | 'reset'): void {
  if (then === 'end') response.end()
  if (then === 'reset') globalThis.setTimeout(() => response.destroy(), 10)
}

const list = (items: readonly Record<string, unknown>[], resourceVersion = '10'): Answer =>
  json(configMapList(items, { resourceVersion }))

const describeEvent = (event: WatchEvent): string => {
  if (event.type === 'synced') return `synced ${event.resourceVersion}`
  if (event.type === 'interrupted') return `interrupted ${event.error instanceof Error ? event.error.name : 'unknown'}`
  if (event.type === 'resumed') return 'resumed'
  return `${event.type} ${event.object.metadata.name} ${event.object.metadata.resourceVersion}`
}

/** What a watch tells until one of its events is `last`; the watch is ended then. */
async function toldUntil(
  client: Client,
  last: string,
  options: Partial<WatchOptions> = {},
): Promise<readonly string[]> {
  const ending = new AbortController()
  const told: string[] = []
  for await (const event of watch(client, selection, { clock: impatientClock(), ...options, signal: ending.signal })) {
    told.push(describeEvent(event))
    if (told.at(-1) === last) ending.abort()
  }
  return told
}

const watched = (fake: FakeApiServer): readonly (string | null)[] =>
  fake.requests
    .map(({ url }) => new URL(url, fake.url).searchParams)
    .map((query) => (query.has('watch') ? query.get('resourceVersion') : 'list'))

describe('a watch', () => {
  test('lists, then watches from there, with bookmarks and a time limit that differs', async () => {
    const fake = await startFake([list([version('one', '3')]), stream(line('ADDED', version('two', '11')))])
    expect(await toldUntil(clientOf(fake), 'added two 11')).toEqual(['added one 3', 'synced 10', 'added two 11'])
    const query = new URL(fake.requests[1]?.url ?? '', fake.url).searchParams
    expect(Object.fromEntries(query)).toEqual({
      labelSelector: 'app=orders',
      watch: 'true',
      allowWatchBookmarks: 'true',
      resourceVersion: '10',
      timeoutSeconds: expect.stringMatching(/^[3-6]\d\d$/),
    })
  })

  test('is resumed where it stopped, without listing again, also after a bookmark', async () => {
    const fake = await startFake([
      list([]),
      stream(line('ADDED', version('one', '11')), 'end'),
      stream(bookmark('20'), 'end'),
      stream(line('ADDED', version('two', '21'))),
    ])
    expect(await toldUntil(clientOf(fake), 'added two 21')).toEqual(['synced 10', 'added one 11', 'added two 21'])
    expect(watched(fake)).toEqual(['list', '10', '11', '20'])
  })

  test('that is reset inside a line does not parse the half, and gets the event again', async () => {
    const event = line('MODIFIED', version('one', '12'))
    const fake = await startFake([list([version('one', '3')]), stream(event.slice(0, 40), 'reset'), stream(event)])
    expect(await toldUntil(clientOf(fake), 'modified one 12')).toEqual(['added one 3', 'synced 10', 'modified one 12'])
    expect(watched(fake)).toEqual(['list', '10', '10'])
  })

  test('reads characters that are cut between two packets', async () => {
    const bytes = Buffer.from(
      line('ADDED', configMap('one', { resourceVersion: '11', annotations: { note: 'größer 🐘' } })),
    )
    const cut = bytes.indexOf(Buffer.from('🐘')) + 2
    const fake = await startFake([
      list([]),
      (_, response) => {
        response.writeHead(200, { 'content-type': 'application/json' })
        response.write(bytes.subarray(0, cut))
        globalThis.setTimeout(() => response.write(bytes.subarray(cut)), 20)
      },
    ])
    const ending = new AbortController()
    for await (const event of watch(clientOf(fake), selection, { signal: ending.signal })) {
      if (event.type !== 'added') continue
      expect(event.object.metadata.annotations).toEqual({ note: 'größer 🐘' })
      ending.abort()
    }
    expect.assertions(1)
  })

  test('that goes silent is noticed and opened again, without listing', async () => {
    const fake = await startFake([list([]), stream(bookmark('15')), stream(line('ADDED', version('one', '16')))])
    const told = await toldUntil(clientOf(fake), 'added one 16', {
      idleMs: 150,
      clock: systemClock,
      backoff: { initialMs: 1, maxMs: 1, jitter: 0 },
    })
    expect(told).toEqual(['synced 10', 'interrupted SilentWatchError', 'resumed', 'added one 16'])
    expect(watched(fake)).toEqual(['list', '10', '15'])
  })

  test('that has not said anything is opened again like one that was cut: a server tells nothing where nothing happens', async () => {
    const fake = await startFake([list([]), stream(''), stream(line('ADDED', version('one', '16')))])
    const told = await toldUntil(clientOf(fake), 'added one 16', {
      idleMs: 150,
      clock: systemClock,
      backoff: { initialMs: 1, maxMs: 1, jitter: 0 },
    })
    expect(told).toEqual(['synced 10', 'added one 16'])
    expect(watched(fake)).toEqual(['list', '10', '10'])
  })

  test('does not count the time that its reader takes as silence', async () => {
    const fake = await startFake([
      list([]),
      stream(line('ADDED', version('one', '11')) + line('ADDED', version('two', '12'))),
    ])
    const ending = new AbortController()
    const told: string[] = []
    for await (const event of watch(clientOf(fake), selection, { signal: ending.signal, idleMs: 100 })) {
      told.push(describeEvent(event))
      if (event.type === 'added') await setTimeout(200)
      if (told.at(-1) === 'added two 12') ending.abort()
    }
    expect(told).toEqual(['synced 10', 'added one 11', 'added two 12'])
  })

  test.each([
    ['an event', stream(expired)],
    ['a status', refusal(410, 'Expired')],
  ])('that is told by %s that it is too old lists again and tells what vanished meanwhile', async (_, answer) => {
    const fake = await startFake([
      list([version('gone', '3'), version('same', '4'), version('changed', '5')]),
      answer,
      list([version('same', '4'), version('changed', '30'), version('new', '31')], '40'),
      stream(''),
    ])
    expect((await toldUntil(clientOf(fake), 'synced 40')).slice(4)).toEqual([
      'deleted gone 3',
      'modified changed 30',
      'added new 31',
      'synced 40',
    ])
  })

  test('that is too old again and again waits longer each time', async () => {
    const clock = impatientClock()
    const fake = await startFake([
      list([], '1'),
      stream(expired),
      list([], '2'),
      stream(expired),
      list([], '3'),
      stream(expired),
      list([], '4'),
      stream(''),
    ])
    await toldUntil(clientOf(fake, { clock }), 'synced 4', { clock })
    expect(clock.waits).toEqual([800, 1600, 3200])
  })

  test('tells an object that was deleted and created again as two, also when it saw neither', async () => {
    const fake = await startFake([
      list([version('one', '3', 'first')]),
      stream(line('ADDED', version('one', '12', 'second')) + expired),
      list([version('one', '50', 'third')], '60'),
      stream(''),
    ])
    expect(await toldUntil(clientOf(fake), 'synced 60')).toEqual([
      'added one 3',
      'synced 10',
      'deleted one 3',
      'added one 12',
      'deleted one 12',
      'added one 50',
      'synced 60',
    ])
  })

  test('says nothing about an event that comes twice, and tells the deletion of what it does not know', async () => {
    const event = line('ADDED', version('one', '11'))
    const fake = await startFake([
      list([]),
      stream(event + event + line('DELETED', version('other', '12')) + line('DELETED', version('one', '13'))),
    ])
    expect(await toldUntil(clientOf(fake), 'deleted one 13')).toEqual([
      'synced 10',
      'added one 11',
      'deleted other 12',
      'deleted one 13',
    ])
  })

  test.each([500, 429, 403])('tells an error event %d inside the stream, waits, and resumes', async (code) => {
    const error = line('ERROR', { kind: 'Status', status: 'Failure', reason: 'Whatever', code, message: 'no' })
    const fake = await startFake([list([]), stream(error), stream(line('ADDED', version('one', '11')))])
    expect(await toldUntil(clientOf(fake), 'added one 11')).toEqual([
      'synced 10',
      'interrupted ApiError',
      'resumed',
      'added one 11',
    ])
    expect(watched(fake)).toEqual(['list', '10', '10'])
  })

  test('lists again after a line that is no event', async () => {
    const fake = await startFake([
      list([]),
      stream('{"type":"ADDED"}\n'),
      list([version('one', '11')], '20'),
      stream(''),
    ])
    expect(await toldUntil(clientOf(fake), 'synced 20')).toEqual([
      'synced 10',
      'interrupted UnexpectedReplyError',
      'added one 11',
      'synced 20',
    ])
  })

  test('takes an HTML page for no stream', async () => {
    const page: Answer = (_, response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>')
    const fake = await startFake([list([]), page, list([], '20'), stream('')])
    expect(await toldUntil(clientOf(fake), 'synced 20')).toEqual([
      'synced 10',
      'interrupted UnexpectedReplyError',
      'synced 20',
    ])
  })

  test('waits as long as a busy server asks for', async () => {
    const clock = impatientClock()
    const fake = await startFake([
      list([]),
      refusal(429, 'TooManyRequests', {}, { 'retry-after': '7' }),
      stream(line('ADDED', version('one', '11'))),
    ])
    await toldUntil(clientOf(fake, { clock }), 'added one 11', { clock })
    expect(clock.waits).toEqual([7000])
  })

  test('tells that the kind is not served, and lists once it is', async () => {
    const fake = await startFake([refusal(404, 'NotFound', { details: {} }), list([version('one', '3')]), stream('')])
    expect(await toldUntil(clientOf(fake), 'synced 10')).toEqual([
      'interrupted KindNotServedError',
      'added one 3',
      'synced 10',
    ])
  })

  test('renews a rejected credential once, and tells when that does not help', async () => {
    const fake = await startFake([list([]), refusal(401, 'Unauthorized'), stream(line('ADDED', version('one', '11')))])
    expect(await toldUntil(clientOf(fake), 'added one 11')).toEqual([
      'synced 10',
      'interrupted CredentialError',
      'resumed',
      'added one 11',
    ])
  })

  test('that is cut over and over stays below a request every few seconds', async () => {
    const clock = impatientClock()
    const answers = Array.from({ length: 12 }, (_, index) =>
      stream(line('ADDED', version(`n${index}`, `${11 + index}`)), 'end'),
    )
    const fake = await startFake([list([]), ...answers, stream('')])
    await toldUntil(clientOf(fake, { clock }), 'added n11 22', { clock })
    const waited = clock.waits.reduce((sum, wait) => sum + wait, 0)
    expect(waited).toBeGreaterThan(150_000)
    expect(Math.max(...clock.waits)).toBe(30_000)
  })
})

describe('ending a watch', () => {
  const quiet = (): Promise<FakeApiServer> => startFake([list([version('one', '3')]), stream('')])

  test('by its signal closes the socket, also while nothing happens', async () => {
    const fake = await quiet()
    const ending = new AbortController()
    const client = clientOf(fake)
    const told: string[] = []
    globalThis.setTimeout(() => ending.abort(), 200)
    for await (const event of watch(client, selection, { signal: ending.signal })) told.push(describeEvent(event))
    expect(told).toEqual(['added one 3', 'synced 10'])
    client.transport.close()
    await expect.poll(() => fake.connections().open).toBe(0)
  })

  test('by leaving the loop closes the socket of the stream', async () => {
    const fake = await startFake([list([]), stream(line('ADDED', version('one', '11')))])
    const client = clientOf(fake)
    for await (const event of watch(client, selection, { signal: new AbortController().signal })) {
      if (event.type === 'added') break
    }
    // The one that is left is the idle connection of the list.
    await expect.poll(() => fake.connections().open).toBe(1)
  })

  test.each([
    ['the listing', 0, [silence]],
    ['the wait after a failure', 1, [refusal(403, 'Forbidden')]],
  ] as [string, number, Answer[]][])('during %s leaves nothing that starts later', async (_, events, answers) => {
    const fake = await startFake(answers)
    const ending = new AbortController()
    const told: string[] = []
    const reading = (async () => {
      for await (const event of watch(clientOf(fake), selection, { signal: ending.signal }))
        told.push(describeEvent(event))
    })()
    await expect.poll(() => fake.requests.length + told.length).toBe(1 + events)
    ending.abort()
    await reading
    await setTimeout(100)
    expect(fake.requests).toHaveLength(1)
  })

  test('a signal that is aborted already asks nothing', async () => {
    const fake = await quiet()
    const events: WatchEvent[] = []
    for await (const event of watch(clientOf(fake), selection, { signal: AbortSignal.abort() })) events.push(event)
    expect(events).toEqual([])
    expect(fake.requests).toHaveLength(0)
  })
})
