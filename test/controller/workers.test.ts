import { describe, expect, test } from 'vitest'
import { WorkQueue } from '../../src/controller/work-queue.ts'
import { runWorkers } from '../../src/controller/workers.ts'
import type { FinishedWork, WorkOutcome } from '../../src/controller/workers.ts'
import { FakeClock, settled } from './fake-clock.ts'

/** Workers whose works end when the test says so. */
function start(workers: number): {
  readonly clock: FakeClock
  readonly queue: WorkQueue
  readonly finished: FinishedWork[]
  readonly running: Map<string, PromiseWithResolvers<WorkOutcome>>
  readonly ended: Promise<void>
} {
  const clock = new FakeClock()
  const queue = new WorkQueue({ clock })
  const finished: FinishedWork[] = []
  const running = new Map<string, PromiseWithResolvers<WorkOutcome>>()
  const ended = runWorkers(queue, {
    workers,
    work: (key) => {
      const work = Promise.withResolvers<WorkOutcome>()
      running.set(key, work)
      return work.promise.finally(() => running.delete(key))
    },
    onFinished: (event) => finished.push(event),
  })
  return { clock, queue, finished, running, ended }
}

describe('workers', () => {
  test('work on as many keys at a time as there are of them, and never twice on one', async () => {
    const { queue, running, ended } = start(2)
    for (const key of ['a', 'b', 'c']) queue.add(key)
    await settled()
    queue.add('a')
    expect([...running.keys()]).toEqual(['a', 'b'])
    running.get('b')?.resolve({})
    await settled()
    expect([...running.keys()]).toEqual(['a', 'c'])
    running.get('c')?.resolve({})
    await settled()
    expect([...running.keys()]).toEqual(['a'])
    running.get('a')?.resolve({})
    await settled()
    expect([...running.keys()], 'added while it was worked on').toEqual(['a'])
    running.get('a')?.resolve({})
    await queue.close()
    await ended
  })

  test('try again what failed, later each time, until it succeeds', async () => {
    const { clock, queue, finished, running, ended } = start(1)
    const failure = new Error('no')
    queue.add('a')
    for (const wait of [5000, 10_000]) {
      await clock.advance(300)
      running.get('a')?.reject(failure)
      await clock.advance(wait)
    }
    running.get('a')?.resolve({})
    await settled()
    expect(finished).toEqual([
      { key: 'a', result: 'error', error: failure, againInMs: 5000, durationMs: 300 },
      { key: 'a', result: 'error', error: failure, againInMs: 10_000, durationMs: 300 },
      { key: 'a', result: 'success', durationMs: 0 },
    ])
    expect(queue.failures('a')).toBe(0)
    await queue.close()
    await ended
  })

  test('also try again what fails before it begins', async () => {
    const queue = new WorkQueue({ clock: new FakeClock() })
    const finished: FinishedWork[] = []
    const work = (): never => {
      throw new TypeError('at once')
    }
    const ended = runWorkers(queue, { workers: 1, work, onFinished: (event) => finished.push(event) })
    queue.add('a')
    await settled()
    expect(finished).toMatchObject([{ result: 'error', againInMs: 5000 }])
    await queue.close()
    await ended
  })

  test('look again when they were told to, which ends a row of failures', async () => {
    const { clock, queue, finished, running, ended } = start(1)
    queue.addRateLimited('a')
    await clock.advance(5000)
    running.get('a')?.resolve({ requeueAfterMs: 30_000 })
    await settled()
    expect(finished).toEqual([{ key: 'a', result: 'requeue_after', againInMs: 30_000, durationMs: 0 }])
    expect(queue.failures('a')).toBe(0)
    await clock.advance(30_000)
    expect([...running.keys()]).toEqual(['a'])
    running.get('a')?.resolve({})
    await queue.close()
    await ended
  })

  test('finish what they began when the queue is closed, and begin nothing more', async () => {
    const { queue, finished, running, ended } = start(1)
    queue.add('a')
    queue.add('b')
    await settled()
    const closed = queue.close()
    running.get('a')?.resolve({ requeueAfterMs: 1000 })
    await closed
    await ended
    expect(finished.map(({ key }) => key)).toEqual(['a'])
    expect(running.size).toBe(0)
  })
})
