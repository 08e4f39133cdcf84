/** All who work divide the databases by the same number, whatever becomes of processes and requests. */
import { array, assert, asyncProperty, constantFrom, integer, record } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LeaderElection } from '../../src/controller/leader-election.ts'
import type { LeaseClient } from '../../src/controller/lease-lock.ts'
import { ShardGate } from '../../src/controller/shard-gate.ts'
import type { GateEvent } from '../../src/controller/shard-gate.ts'
import { parseShard, shardLeaseName } from '../../src/controller/shard.ts'
import { FakeClock, settled } from './fake-clock.ts'
import { FakeLeaseStore } from './fake-lease-store.ts'
import type { Fault, FakeLine } from './fake-leases.ts'

/** A process that works on a shard as soon as it may. */
interface Process {
  readonly shard: string
  readonly events: readonly GateEvent[]
  isWorking(): boolean
  stop(): void
  readonly outcome: Promise<unknown>
}

function startProcess(
  client: LeaseClient,
  clock: FakeClock,
  { shard: text, identity, onWork }: { shard: string; identity: string; onWork?: () => void },
): Process {
  const shard = parseShard(text)
  const stopping = new AbortController()
  const events: GateEvent[] = []
  let isWorking = false
  const name = shardLeaseName('controller', shard)
  const election = new LeaderElection({ client, namespace: 'shop', name, identity, clock })
  const onEvent = (event: GateEvent): void => void events.push(event)
  const gate = new ShardGate({ client, namespace: 'shop', base: 'controller', shard, identity, clock, onEvent })
  const work = async (signal: AbortSignal): Promise<void> => {
    await gate.pass(signal)
    onWork?.()
    isWorking = !signal.aborted
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve()
      signal.addEventListener('abort', () => resolve(), { once: true })
    })
    isWorking = false
  }
  const outcome = election.run(work, stopping.signal).then(
    () => 'ended',
    (error: unknown) => error,
  )
  return { shard: text, events, isWorking: () => isWorking, stop: () => stopping.abort(new Error('stop')), outcome }
}

const workingOf = (processes: readonly Process[]): string[] =>
  processes.filter((one) => one.isWorking()).map(({ shard }) => shard)

describe('when the number of shards changes', () => {
  test('the new ones begin when all of the old have ended, and not before', async () => {
    const [clock, store] = [new FakeClock(), new FakeLeaseStore()]
    const start = (shard: string): Process => startProcess(store.line(), clock, { shard, identity: `process-${shard}` })
    const old = ['0/2', '1/2'].map(start)
    await clock.advance(1000)
    expect(workingOf(old)).toEqual(['0/2', '1/2'])

    const next = ['0/3', '1/3', '2/3'].map(start)
    await clock.advance(60_000)
    expect(workingOf(next)).toEqual([])
    expect(next[2]?.events).toContainEqual({
      type: 'waiting',
      lease: 'controller-1-of-2',
      holder: 'process-1/2',
      count: 2,
    })
    old[0]?.stop()
    await clock.advance(60_000)
    expect(workingOf([...old, ...next])).toEqual(['1/2'])

    old[1]?.stop()
    await clock.advance(3000)
    expect(workingOf([...old, ...next])).toEqual(['0/3', '1/3', '2/3'])
    expect(next.flatMap(({ events }) => events.filter(({ type }) => type === 'changed'))).toEqual([
      { type: 'changed', from: 2, to: 3 },
    ])
    for (const one of next) one.stop()
    await clock.advance(3000)
    expect(await Promise.all(next.map(({ outcome }) => outcome))).toEqual(['ended', 'ended', 'ended'])
  })

  test('who begins while another number is being written keeps it from being written', async () => {
    const [clock, store] = [new FakeClock(), new FakeLeaseStore()]
    const first = startProcess(store.line(), clock, { shard: '0/2', identity: 'first' })
    await clock.advance(1000)
    first.stop()
    await clock.advance(1000)

    const line = store.line()
    const late: Process[] = []
    const slow: LeaseClient = {
      ...line,
      async update(lease, options) {
        // Everything is free, as it has just seen; now somebody of the old number comes.
        if (lease.metadata.name === 'controller-shards' && late.length === 0) {
          late.push(startProcess(store.line(), clock, { shard: '0/2', identity: 'late' }))
          for (let turn = 0; turn < 10; turn += 1) await settled()
          expect(workingOf(late)).toEqual(['0/2'])
        }
        return line.update(lease, options)
      },
    }
    const changer = startProcess(slow, clock, { shard: '0/3', identity: 'changer' })
    await clock.advance(60_000)
    expect(workingOf([...late, changer])).toEqual(['0/2'])
    late[0]?.stop()
    await clock.advance(20_000)
    expect(workingOf([...late, changer])).toEqual(['0/3'])
    changer.stop()
    await clock.advance(3000)
  })

  test('a controller without shards counts as one', async () => {
    const [clock, store] = [new FakeClock(), new FakeLeaseStore()]
    const whole = startProcess(store.line(), clock, { shard: '0/1', identity: 'whole' })
    await clock.advance(1000)
    const part = startProcess(store.line(), clock, { shard: '0/2', identity: 'part' })
    await clock.advance(60_000)
    expect(workingOf([whole, part])).toEqual(['0/1'])
    whole.stop()
    await clock.advance(3000)
    expect(workingOf([whole, part])).toEqual(['0/2'])
    part.stop()
    await clock.advance(3000)
  })

  test('a plan that says no number stops everybody, with what to do', async () => {
    const [clock, store] = [new FakeClock(), new FakeLeaseStore()]
    store.edit('controller-shards', {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: 'controller-shards', namespace: 'shop' },
    })
    const part = startProcess(store.line(), clock, { shard: '0/2', identity: 'part' })
    await clock.advance(60_000)
    expect(workingOf([part])).toEqual([])
    expect(String((part.events[0] as { error: unknown }).error)).toContain(
      'Lease shop/controller-shards does not say in database.example.com/shards how many shards there are: delete it when no controller runs',
    )
    part.stop()
    await clock.advance(3000)
  })

  const SHARDS = ['0/1', '0/2', '1/2', '0/3', '1/3', '2/3'] as const
  const step = record({
    who: integer({ min: 0, max: SHARDS.length - 1 }),
    what: constantFrom<(Fault | 'heal' | 'restart' | 'stop')[]>(
      ...(['heal', 'refuse', 'hang', 'lose', 'hang-after', 'restart', 'restart', 'stop', 'stop'] as const),
    ),
    ms: integer({ min: 0, max: 25_000 }),
    chance: constantFrom(0, 0.5, 0.99),
  })

  test('nobody divides by another number meanwhile, and no shard is worked on twice', async () => {
    await assert(
      asyncProperty(array(step, { maxLength: 25, size: 'max' }), async (steps) => {
        const [clock, store] = [new FakeClock(), new FakeLeaseStore()]
        const lines: FakeLine[] = SHARDS.map(() => store.line())
        const all: Process[] = []
        const running: Process[] = []
        const expectOneDivision = (): void => {
          const working = workingOf(all)
          expect(new Set(working.map((shard) => shard.split('/')[1])).size).toBeLessThanOrEqual(1)
          expect(new Set(working).size).toBe(working.length)
        }
        const start = (who: number): void => {
          const [shard, line] = [SHARDS[who] ?? '0/1', lines[who] ?? store.line()]
          const identity = `${shard} ${all.length}`
          const others = [...all]
          const onWork = (): void => {
            const beside = workingOf(others)
            for (const other of beside) expect([other.split('/')[1], other]).not.toEqual([shard.split('/')[1], shard])
            expect(beside.every((other) => other.split('/')[1] === shard.split('/')[1])).toBe(true)
          }
          const process = startProcess(line, clock, { shard, identity, onWork })
          all.push(process)
          running[who] = process
        }
        SHARDS.forEach((_, who) => start(who))
        for (const { who, what, ms, chance } of steps) {
          clock.chance = chance
          if (what === 'stop' || what === 'restart') running[who]?.stop()
          if (what === 'restart') start(who)
          const line = lines[who]
          if (line !== undefined && what !== 'stop' && what !== 'restart')
            line.fault = what === 'heal' ? undefined : what
          for (let left = ms; left >= 0; left -= 1000) {
            await clock.advance(Math.min(left, 1000))
            expectOneDivision()
          }
        }
        // The faults are over, and somebody wants three: all others are told to end.
        for (const line of lines) line.fault = undefined
        for (const one of all) one.stop()
        await clock.advance(20_000)
        for (const who of [3, 4, 5]) start(who)
        await clock.advance(40_000)
        expectOneDivision()
        expect(workingOf(all).toSorted()).toEqual(['0/3', '1/3', '2/3'])
        for (const one of all) one.stop()
        await clock.advance(30_000)
        await Promise.all(all.map(({ outcome }) => outcome))
      }),
      { numRuns: 60 },
    )
  })
})
