import { describe, expect, test } from 'vitest'
import type { KubernetesObject, ObjectReference } from '../../src/api/object.ts'
import { ApiError } from '../../src/cluster/errors.ts'
import { EventRecorder, eventOfTransition } from '../../src/controller/event-recorder.ts'
import type { EventFacts, EventRecorderOptions } from '../../src/controller/event-recorder.ts'
import { FakeClock } from './fake-clock.ts'

const orders: KubernetesObject = {
  apiVersion: 'database.example.com/v1',
  kind: 'Database',
  metadata: { name: 'orders', namespace: 'shop', uid: 'uid-orders' },
}
const ready: EventFacts = { type: 'Normal', reason: 'AllChecksPassed', message: 'Verifying -> Ready' }

/** Events as the API server keeps them. */
class FakeEvents {
  readonly stored = new Map<string, KubernetesObject>()
  readonly requests: string[] = []
  /** What the next requests fail with. */
  failure: Error | undefined

  readonly client: EventRecorderOptions['client'] = {
    create: async (event) => {
      const key = `${event.metadata.namespace}/${event.metadata.name}`
      this.#begin('create', key)
      if (this.stored.has(key)) throw refusal(409, 'AlreadyExists')
      this.stored.set(key, event)
      return event
    },
    patch: async (reference: ObjectReference, patch) => {
      const key = `${reference.namespace}/${reference.name}`
      this.#begin('patch', key)
      const before = this.stored.get(key)
      if (before === undefined) throw refusal(404, 'NotFound')
      const after = { ...before, ...patch }
      this.stored.set(key, after)
      return after
    },
  }

  get all(): readonly KubernetesObject[] {
    return [...this.stored.values()]
  }

  #begin(verb: string, key: string): void {
    this.requests.push(`${verb} ${key}`)
    if (this.failure !== undefined) throw this.failure
  }
}

const refusal = (code: number, reason: string): ApiError =>
  new ApiError({
    target: { verb: 'create', resource: 'events' },
    code,
    reason,
    serverMessage: 'no',
    about: { name: 'x', kind: 'events' },
  })

function start(options: Partial<EventRecorderOptions> = {}): {
  readonly clock: FakeClock
  readonly events: FakeEvents
  readonly errors: unknown[]
  readonly recorder: EventRecorder
  readonly dropped: () => number
} {
  const [clock, events, errors] = [new FakeClock(), new FakeEvents(), [] as unknown[]]
  let dropped = 0
  const recorder = new EventRecorder({
    client: events.client,
    component: 'cdk8s-database',
    instance: 'controller-0',
    clock,
    onError: (error) => errors.push(error),
    onDropped: () => (dropped += 1),
    ...options,
  })
  return { clock, events, errors, recorder, dropped: () => dropped }
}

describe('an event', () => {
  test('says of which object, what, when and who', async () => {
    const { events, recorder } = start()
    recorder.record(orders, ready)
    await recorder.flush()
    expect(events.all).toEqual([
      {
        apiVersion: 'v1',
        kind: 'Event',
        metadata: { name: expect.stringMatching(/^orders\.[0-9a-f]{16}$/) as string, namespace: 'shop' },
        involvedObject: {
          apiVersion: 'database.example.com/v1',
          kind: 'Database',
          name: 'orders',
          namespace: 'shop',
          uid: 'uid-orders',
        },
        ...ready,
        source: { component: 'cdk8s-database' },
        reportingComponent: 'cdk8s-database',
        reportingInstance: 'controller-0',
        firstTimestamp: '2026-11-21T12:00:00Z',
        lastTimestamp: '2026-11-21T12:00:00Z',
        count: 1,
      },
    ])
  })

  test('that happens again is counted, with one request', async () => {
    const { clock, events, recorder } = start()
    for (let time = 0; time < 3; time += 1) {
      recorder.record(orders, ready)
      await clock.advance(60_000)
    }
    await recorder.flush()
    expect(events.all).toMatchObject([
      { count: 3, firstTimestamp: '2026-11-21T12:00:00Z', lastTimestamp: '2026-11-21T12:02:00Z' },
    ])
    expect(events.requests.map((request) => request.split(' ')[0])).toEqual(['create', 'patch', 'patch'])
  })

  test('that an earlier process told already is counted on', async () => {
    const { events, recorder } = start()
    recorder.record(orders, ready)
    recorder.record(orders, ready)
    await recorder.flush()
    const next = start({ client: events.client }).recorder
    next.record(orders, ready)
    next.record(orders, ready)
    await next.flush()
    expect(events.all).toMatchObject([{ count: 4 }])
  })

  test('begins anew when the server has forgotten it', async () => {
    const { events, errors, recorder } = start()
    recorder.record(orders, ready)
    recorder.record(orders, ready)
    await recorder.flush()
    events.stored.clear()
    recorder.record(orders, ready)
    await recorder.flush()
    expect(events.all).toMatchObject([{ count: 1 }])
    expect(errors).toEqual([])
  })

  test.each([
    ['another reason', orders, { ...ready, reason: 'Other' }],
    ['another message', orders, { ...ready, message: 'Other' }],
    ['another type', orders, { ...ready, type: 'Warning' as const }],
    ['another object of the name', { ...orders, metadata: { ...orders.metadata, uid: 'uid-2' } }, ready],
  ])('is another one with %s', async (_, object, facts) => {
    const { events, recorder } = start()
    recorder.record(orders, ready)
    recorder.record(object, facts)
    await recorder.flush()
    expect(events.all).toHaveLength(2)
  })

  test('of an object without a namespace is where the API server wants it', async () => {
    const { events, recorder } = start()
    recorder.record({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } }, ready)
    await recorder.flush()
    expect(events.all).toMatchObject([{ metadata: { namespace: 'default' } }])
  })

  test('holds no secret, and no more than the server takes', async () => {
    const { events, recorder } = start()
    recorder.record(orders, { ...ready, message: `password=canary ${'x'.repeat(2000)}` })
    await recorder.flush()
    const { message } = events.all[0] as unknown as { readonly message: string }
    expect(message).not.toContain('canary')
    expect(message).toHaveLength(1024)
  })
})

describe('recording', () => {
  test('never fails: what cannot be told is given up, and the next is told', async () => {
    const { events, errors, recorder } = start()
    events.failure = refusal(403, 'Forbidden')
    recorder.record(orders, ready)
    await recorder.flush()
    events.failure = undefined
    recorder.record(orders, { ...ready, reason: 'Next' })
    await recorder.flush()
    expect(errors).toHaveLength(1)
    expect(events.all).toMatchObject([{ reason: 'Next' }])
  })

  test('is bounded for each object, so that one that goes mad leaves room for the others', async () => {
    const { clock, events, recorder, dropped } = start()
    for (let at = 0; at < 100; at += 1) recorder.record(orders, { ...ready, message: `turn ${at}` })
    recorder.record({ ...orders, metadata: { name: 'other', namespace: 'shop', uid: 'uid-other' } }, ready)
    await recorder.flush()
    expect([events.all.length, dropped()]).toEqual([26, 75])
    await clock.advance(300_000)
    recorder.record(orders, ready)
    await recorder.flush()
    expect(events.all).toHaveLength(27)
  })

  test('keeps no more waiting than is worth it', async () => {
    const { promise, resolve } = Promise.withResolvers<KubernetesObject>()
    const { recorder, dropped } = start({ client: { create: () => promise, patch: () => promise } })
    for (let at = 0; at < 4100; at += 1)
      recorder.record({ ...orders, metadata: { ...orders.metadata, uid: `uid-${at}` } }, ready)
    expect(dropped()).toBe(100)
    resolve(orders)
    await recorder.flush()
  })
})

test('the event of a transition is a warning when it leads to Failed', () => {
  const message = 'no StorageClass'
  expect(eventOfTransition({ from: 'Deploying', to: 'Failed', reason: 'StorageClassMissing', message })).toEqual({
    type: 'Warning',
    reason: 'StorageClassMissing',
    message: 'Deploying -> Failed: no StorageClass',
  })
  expect(eventOfTransition({ from: undefined, to: 'Pending', reason: '', message: '' })).toEqual({
    type: 'Normal',
    reason: 'PhaseChanged',
    message: '(new) -> Pending',
  })
})
