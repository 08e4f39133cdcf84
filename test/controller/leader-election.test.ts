import { describe, expect, test } from 'vitest'
import { LeaderElection, LeadershipLostError, candidateIdentity } from '../../src/controller/leader-election.ts'
import { formatMicroTime } from '../../src/controller/lease.ts'
import { startCandidate } from './candidate.ts'
import { FakeClock, settled } from './fake-clock.ts'
import { FakeLeases } from './fake-leases.ts'
import type { Fault } from './fake-leases.ts'

const types = ({ events }: { readonly events: readonly { readonly type: string }[] }): readonly string[] =>
  events.map(({ type }) => type)

describe('a candidate that is alone', () => {
  test('creates the lease and leads at once', async () => {
    const [clock, leases] = [new FakeClock(), new FakeLeases()]
    const one = startCandidate(leases.line(), clock, 'one')
    expect(one.election.isLeading).toBe(false)
    await settled()
    expect(one.election.isLeading).toBe(true)
    expect(one.isWorking()).toBe(true)
    expect(leases.lease).toMatchObject({
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: 'controller', namespace: 'shop' },
      spec: {
        holderIdentity: 'one',
        leaseDurationSeconds: 15,
        acquireTime: '2026-11-21T12:00:00.000000Z',
        renewTime: '2026-11-21T12:00:00.000000Z',
        leaseTransitions: 0,
      },
    })
    one.stop()
    expect(await one.outcome).toBe('ended')
  })

  test('renews every 2 s, with one request each', async () => {
    const [clock, leases] = [new FakeClock(), new FakeLeases()]
    const one = startCandidate(leases.line(), clock, 'one')
    await clock.advance(60_000)
    expect(leases.writes).toEqual(['create by one', ...Array<string>(30).fill('renew by one')])
    expect(leases.record).toMatchObject({
      acquireTime: '2026-11-21T12:00:00.000000Z',
      renewTime: '2026-11-21T12:01:00.000000Z',
      leaseTransitions: 0,
    })
    one.stop()
    await one.outcome
  })

  test('holds the lease while the work stops, and gives it back when it has stopped', async () => {
    const [clock, leases] = [new FakeClock(), new FakeLeases()]
    const one = startCandidate(leases.line(), clock, 'one', { isSlow: true })
    await clock.advance(1000)
    one.stop()
    await clock.advance(40_000)
    expect(one.abortedAt).toHaveLength(1)
    expect([leases.record?.holderIdentity, one.election.isLeading]).toEqual(['one', true])
    one.endWork()
    expect(await one.outcome).toBe('ended')
    expect(leases.record).toEqual({
      holderIdentity: '',
      leaseDurationSeconds: 1,
      acquireTime: '2026-11-21T12:00:41.000000Z',
      renewTime: '2026-11-21T12:00:41.000000Z',
      leaseTransitions: 0,
    })
    expect(types(one)).toEqual(['leading', 'released'])
    expect(one.election.isLeading).toBe(false)
    expect(clock.sleeping).toBe(0)
  })

  test('gives the lease back when its work ends or fails by itself', async () => {
    const [clock, leases] = [new FakeClock(), new FakeLeases()]
    const election = new LeaderElection({ client: leases.line(), namespace: 'shop', name: 'controller', clock })
    const failure = new Error('no')
    const { signal } = new AbortController()
    await expect(election.run(() => Promise.reject(failure), signal)).rejects.toBe(failure)
    expect(leases.record?.holderIdentity).toBe('')
    await election.run(() => Promise.resolve(), signal)
    expect(leases.record).toMatchObject({ holderIdentity: '', leaseTransitions: 1 })
    expect(clock.sleeping).toBe(0)
  })

  test('tries again when the server fails, and says so', async () => {
    const [clock, leases] = [new FakeClock(), new FakeLeases()]
    const line = leases.line()
    line.fault = 'refuse'
    const one = startCandidate(line, clock, 'one')
    await clock.advance(5000)
    line.fault = undefined
    await clock.advance(2000)
    expect(types(one)).toEqual(['failed', 'failed', 'failed', 'leading'])
    one.stop()
    await one.outcome
  })

  test('puts back a lease that was deleted', async () => {
    const [clock, leases] = [new FakeClock(), new FakeLeases()]
    const one = startCandidate(leases.line(), clock, 'one')
    await clock.advance(1000)
    leases.lease = undefined
    await clock.advance(10_000)
    expect(leases.record).toMatchObject({ holderIdentity: 'one', acquireTime: '2026-11-21T12:00:00.000000Z' })
    expect(types(one)).toEqual(['leading'])
    one.stop()
    await one.outcome
  })

  test('goes on when somebody annotates the lease, and leaves that as it is', async () => {
    const [clock, leases] = [new FakeClock(), new FakeLeases()]
    const one = startCandidate(leases.line(), clock, 'one')
    await clock.advance(1000)
    leases.edit({ ...leases.record, strategy: 'OldestEmulationVersion' }, { team: 'shop' })
    await clock.advance(20_000)
    expect(types(one)).toEqual(['leading'])
    expect(leases.lease).toMatchObject({
      metadata: { annotations: { team: 'shop' } },
      spec: { strategy: 'OldestEmulationVersion' },
    })
    one.stop()
    await one.outcome
  })

  test.each<Fault>(['lose', 'hang-after'])(
    'goes on when an answer is lost (%s), but not what was written',
    async (fault) => {
      const [clock, leases] = [new FakeClock(), new FakeLeases()]
      const line = leases.line()
      const one = startCandidate(line, clock, 'one')
      await clock.advance(1000)
      line.fault = fault
      await clock.advance(1000)
      line.fault = undefined
      await clock.advance(fault === 'lose' ? 20_000 : 6000)
      expect(one.isWorking()).toBe(true)
      one.stop()
      await one.outcome
      expect(leases.record?.holderIdentity).toBe('')
    },
  )
})

test('a lease that cannot be given back is left to expire', async () => {
  const [clock, leases] = [new FakeClock(), new FakeLeases()]
  const line = leases.line()
  const one = startCandidate(line, clock, 'one')
  await clock.advance(1000)
  line.fault = 'hang'
  one.stop()
  await clock.advance(10_000)
  expect(await one.outcome).toBe('ended')
  expect(types(one)).toEqual(['leading', 'failed'])
  expect(clock.sleeping).toBe(0)
})

describe('of two candidates', () => {
  test('one leads when both begin in the same moment', async () => {
    const [clock, leases] = [new FakeClock(), new FakeLeases()]
    const both = ['one', 'two'].map((identity) => startCandidate(leases.line(), clock, identity))
    await clock.advance(60_000)
    expect(both.map(({ election }) => election.isLeading)).toEqual([true, false])
    expect(types(both[1]!)).toEqual(['following'])
    both.forEach(({ stop }) => stop())
    await Promise.all(both.map(({ outcome }) => outcome))
  })

  test('the second takes over soon when the first gives the lease back', async () => {
    const [clock, leases] = [new FakeClock(), new FakeLeases()]
    const one = startCandidate(leases.line(), clock, 'one')
    await settled()
    const two = startCandidate(leases.line(), clock, 'two')
    await clock.advance(30_000)
    one.stop()
    await one.outcome
    await clock.advance(2000)
    expect(two.isWorking()).toBe(true)
    expect(leases.record).toMatchObject({ holderIdentity: 'two', leaseTransitions: 1, leaseDurationSeconds: 15 })
    two.stop()
    await two.outcome
  })

  test('the second waits for a lease duration since it saw the last renewal, and the first has been aborted by then', async () => {
    const [clock, leases] = [new FakeClock(), new FakeLeases()]
    const line = leases.line()
    const begin = clock.now()
    const one = startCandidate(line, clock, 'one')
    const two = startCandidate(leases.line(), clock, 'two')
    await clock.advance(9000)
    line.fault = 'hang'
    await clock.advance(60_000)
    // The last renewal was sent at 8 s.
    expect(one.abortedAt.map((at) => at - begin)).toEqual([18_000])
    expect(await one.outcome).toBeInstanceOf(LeadershipLostError)
    const startedAt = (two.startedAt[0] ?? 0) - begin
    expect(startedAt).toBeGreaterThanOrEqual(23_000)
    // It looks every 2 s: seen at 10 s at the latest, free 15 s later.
    expect(startedAt).toBeLessThanOrEqual(27_000)
    expect(types(one)).toEqual(['leading', 'lost'])
    two.stop()
    await two.outcome
  })

  test.each([
    ['long ago', '1970-01-01T00:00:00.000000Z'],
    ['in the future', '2099-01-01T00:00:00.000000Z'],
    ['garbage', 'yesterday'],
  ])('nobody compares clocks: a holder whose renew time is %s has its lease duration', async (_, renewTime) => {
    const [clock, leases] = [new FakeClock(), new FakeLeases()]
    leases.edit({ holderIdentity: 'other', leaseDurationSeconds: 30, renewTime })
    const one = startCandidate(leases.line(), clock, 'one')
    await clock.advance(29_999)
    expect(one.election.isLeading).toBe(false)
    await clock.advance(2001)
    expect(one.election.isLeading).toBe(true)
    one.stop()
    await one.outcome
  })

  test('a record without a duration is given the own one', async () => {
    const [clock, leases] = [new FakeClock(), new FakeLeases()]
    leases.edit({ holderIdentity: 'other' })
    const one = startCandidate(leases.line(), clock, 'one')
    await clock.advance(14_999)
    expect(one.election.isLeading).toBe(false)
    await clock.advance(2001)
    expect(one.election.isLeading).toBe(true)
    one.stop()
    await one.outcome
  })

  test('the second does not take a lease that was deleted under the first', async () => {
    const [clock, leases] = [new FakeClock(), new FakeLeases()]
    const line = leases.line()
    const one = startCandidate(line, clock, 'one')
    await settled()
    const two = startCandidate(leases.line(), clock, 'two')
    await clock.advance(8000)
    line.fault = 'hang'
    leases.lease = undefined
    await clock.advance(5000)
    expect(leases.lease).toBeUndefined()
    line.fault = undefined
    await clock.advance(40_000)
    expect(two.startedAt[0] ?? Infinity).toBeGreaterThan(one.abortedAt[0] ?? Infinity)
    two.stop()
    await Promise.all([one.outcome, two.outcome])
  })

  test('the first stops at its next renewal when somebody gives the lease away, and leaves it alone', async () => {
    const [clock, leases] = [new FakeClock(), new FakeLeases()]
    const one = startCandidate(leases.line(), clock, 'one')
    await clock.advance(1000)
    leases.edit({ holderIdentity: 'thief', leaseDurationSeconds: 15, renewTime: formatMicroTime(clock.now()) })
    await clock.advance(1000)
    expect(String(await one.outcome)).toContain('the lease is held by thief')
    expect(leases.record?.holderIdentity).toBe('thief')
    expect(types(one)).toEqual(['leading', 'lost'])
  })

  test('only one leads also when both were given the same identity', async () => {
    const [clock, leases] = [new FakeClock(), new FakeLeases()]
    const one = startCandidate(leases.line(), clock, 'same')
    await clock.advance(1000)
    const two = startCandidate(leases.line(), clock, 'same')
    await clock.advance(60_000)
    expect([one.isWorking(), two.isWorking()]).toEqual([true, false])
    for (const { stop, outcome } of [two, one]) {
      stop()
      await outcome
    }
    expect(leases.writes.at(-1)).toBe('from same to ')
  })
})

describe('a candidate that is told to stop', () => {
  test('while it waits, writes nothing', async () => {
    const [clock, leases] = [new FakeClock(), new FakeLeases()]
    leases.edit({ holderIdentity: 'other', leaseDurationSeconds: 15 })
    const one = startCandidate(leases.line(), clock, 'one')
    await clock.advance(5000)
    one.stop()
    expect(await one.outcome).toBe('ended')
    expect(leases.writes).toEqual([])
    expect(one.startedAt).toEqual([])
  })

  test('while it takes the lease, gives it back', async () => {
    const [clock, leases] = [new FakeClock(), new FakeLeases()]
    leases.edit({ holderIdentity: '', leaseDurationSeconds: 1 })
    const line = leases.line()
    const update = line.update
    line.update = (lease, options) => {
      line.fault = 'hang-after'
      const answer = update(lease, options)
      line.fault = undefined
      line.update = update
      return answer
    }
    const one = startCandidate(line, clock, 'one')
    await settled()
    expect(leases.record?.holderIdentity).toBe('one')
    one.stop()
    expect(await one.outcome).toBe('ended')
    expect(leases.record?.holderIdentity).toBe('')
    expect(one.startedAt).toEqual([])
  })

  test('before it begins, asks for nothing', async () => {
    const [clock, leases] = [new FakeClock(), new FakeLeases()]
    const election = new LeaderElection({ client: leases.line(), namespace: 'shop', name: 'controller', clock })
    await election.run(() => Promise.reject(new Error('never')), AbortSignal.abort())
    expect(leases.lease).toBeUndefined()
  })
})

test('a process that was frozen knows by the clock that it does not lead any more', async () => {
  const [clock, leases] = [new FakeClock(), new FakeLeases()]
  const one = startCandidate(leases.line(), clock, 'one')
  await clock.advance(1000)
  clock.freeze(60_000)
  expect(one.isWorking()).toBe(true)
  expect(one.election.isLeading).toBe(false)
  await clock.advance(0)
  expect(one.isWorking()).toBe(false)
  await one.outcome
})

test('times that would let two lead are refused', () => {
  const client = new FakeLeases().line()
  const make = (times: object): LeaderElection =>
    new LeaderElection({ client, namespace: 'shop', name: 'controller', ...times })
  expect(() => make({ leaseDurationMs: 10_000 })).toThrow('longer than the renew deadline')
  expect(() => make({ leaseDurationMs: 15_500 })).toThrow('whole seconds')
  expect(() => make({ retryPeriodMs: 9000 })).toThrow('retry periods')
  expect(() => make({ retryPeriodMs: 0 })).toThrow('retry periods')
  expect(() => make({ identity: '' })).toThrow('identity')
})

test('no two processes have the same identity', () => {
  expect(candidateIdentity()).not.toBe(candidateIdentity())
})

test.each([
  [0, '1970-01-01T00:00:00.000000Z'],
  [1_795_262_400_000, '2026-11-21T12:00:00.000000Z'],
  [1_795_262_400_123.4568, '2026-11-21T12:00:00.123456Z'],
])('the moment %d is written as %s', (epochMs, text) => {
  expect(formatMicroTime(epochMs)).toBe(text)
})
