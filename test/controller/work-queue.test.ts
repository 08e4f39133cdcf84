import { describe, expect, test } from 'vitest'
import { WorkQueue } from '../../src/controller/work-queue.ts'
import type { WorkQueueOptions } from '../../src/controller/work-queue.ts'
import { FakeClock, settled } from './fake-clock.ts'

function queueOf(options: WorkQueueOptions = {}): { readonly clock: FakeClock; readonly queue: WorkQueue } {
  const clock = new FakeClock()
  return { clock, queue: new WorkQueue({ clock, ...options }) }
}

/** Takes whatever there is, without waiting for more. */
async function takeAll(queue: WorkQueue): Promise<readonly string[]> {
  const taken: string[] = []
  while (queue.depth > 0) taken.push((await queue.take()) ?? 'closed')
  return taken
}

describe('a work queue', () => {
  test('hands out each key once, in the order in which they came', async () => {
    const { queue } = queueOf()
    for (const key of ['b', 'a', 'b', 'c', 'a']) queue.add(key)
    expect(queue.depth).toBe(3)
    expect(await takeAll(queue)).toEqual(['b', 'a', 'c'])
  })

  test('gives a key that is worked on to nobody else, and hands it out again when that is done', async () => {
    const { queue } = queueOf()
    queue.add('a')
    await queue.take()
    queue.add('a')
    queue.add('a')
    queue.add('b')
    expect(await takeAll(queue)).toEqual(['b'])
    queue.done('a')
    expect(await takeAll(queue)).toEqual(['a'])
    queue.done('a')
    expect(queue.depth).toBe(0)
  })

  test('lets a key that comes back wait behind those that were there before', async () => {
    const { queue } = queueOf()
    queue.add('hot')
    await queue.take()
    queue.add('hot')
    for (const key of ['a', 'b']) queue.add(key)
    queue.done('hot')
    expect(await takeAll(queue)).toEqual(['a', 'b', 'hot'])
  })

  test('gives keys to waiting workers in the order in which those came', async () => {
    const { queue } = queueOf()
    const workers = [queue.take(), queue.take()]
    queue.add('a')
    queue.add('b')
    expect(await Promise.all(workers)).toEqual(['a', 'b'])
  })

  test('does nothing about a key that nobody works on when it is said to be done', async () => {
    const { queue } = queueOf()
    queue.add('a')
    queue.done('a')
    queue.done('unknown')
    expect(await takeAll(queue)).toEqual(['a'])
  })
})

describe('a key that is asked for later', () => {
  test('comes when its time has come, not before', async () => {
    const { queue, clock } = queueOf()
    queue.addAfter('a', 1000)
    await clock.advance(999)
    expect(queue.depth).toBe(0)
    await clock.advance(1)
    expect(await takeAll(queue)).toEqual(['a'])
  })

  test.each([
    ['a later wish changes nothing', 1000, 5000],
    ['an earlier one replaces the first', 5000, 1000],
  ])('comes once, at the earliest of its times: %s', async (_, first, second) => {
    const { queue, clock } = queueOf()
    queue.addAfter('a', first)
    queue.addAfter('a', second)
    await clock.advance(1000)
    expect(await takeAll(queue)).toEqual(['a'])
    queue.done('a')
    await clock.advance(10_000)
    expect(queue.depth).toBe(0)
    expect(clock.sleeping).toBe(0)
  })

  test('is not forgotten because it was worked on before: the world may look different then', async () => {
    const { queue, clock } = queueOf()
    queue.addAfter('a', 1000)
    queue.add('a')
    await queue.take()
    queue.done('a')
    await clock.advance(1000)
    expect(await takeAll(queue)).toEqual(['a'])
  })

  test('comes at once where the wait is nothing', async () => {
    const { queue } = queueOf()
    queue.addAfter('a', 0)
    queue.addAfter('b', -1)
    expect(await takeAll(queue)).toEqual(['a', 'b'])
  })

  test('waits also when that is longer than a timer can wait for', () => {
    const waits: number[] = []
    const clock = new FakeClock()
    const queue = new WorkQueue({
      clock: {
        now: () => clock.now(),
        random: () => 0,
        sleep: (ms, signal) => {
          waits.push(ms)
          return clock.sleep(ms, signal)
        },
      },
    })
    queue.addAfter('a', Number.MAX_SAFE_INTEGER)
    expect(waits).toEqual([2 ** 31 - 1])
  })
})

describe('a key that failed', () => {
  test('waits 5 s, twice as long each time, 5 min at most, and 5 s again when it was forgotten', () => {
    const { queue } = queueOf()
    const waits = Array.from({ length: 9 }, () => queue.addRateLimited('a') / 1000)
    expect(waits).toEqual([5, 10, 20, 40, 80, 160, 300, 300, 300])
    expect(queue.failures('a')).toBe(9)
    queue.forget('a')
    expect(queue.failures('a')).toBe(0)
    expect(queue.addRateLimited('a')).toBe(5000)
  })

  test('waits up to a fifth less, so that those who failed together do not come back together', () => {
    const { queue, clock } = queueOf()
    clock.chance = 1
    expect(queue.addRateLimited('a')).toBe(4000)
  })

  test('makes no other key wait', () => {
    const { queue } = queueOf()
    for (let failure = 0; failure < 10; failure += 1) queue.addRateLimited('broken')
    expect(queue.addRateLimited('a')).toBe(5000)
  })

  test('waits its turn when very many fail at the same time', () => {
    const { queue } = queueOf({ rate: { perSecond: 1, burst: 3 } })
    const waits = Array.from({ length: 10 }, (_, at) => queue.addRateLimited(`key-${at}`))
    expect(waits.map((ms) => ms / 1000)).toEqual([5, 5, 5, 5, 5, 5, 5, 5, 6, 7])
  })

  test('is worked on at once when something happens to it, and the retry still comes', async () => {
    const { queue, clock } = queueOf()
    queue.addRateLimited('a')
    queue.add('a')
    expect(await takeAll(queue)).toEqual(['a'])
    queue.done('a')
    await clock.advance(5000)
    expect(await takeAll(queue)).toEqual(['a'])
  })
})

describe('a queue that is closed', () => {
  test('sends waiting workers home, takes nothing in and leaves no timer', async () => {
    const { queue, clock } = queueOf()
    const worker = queue.take()
    queue.addAfter('later', 1000)
    await queue.close()
    expect(await worker).toBeUndefined()
    queue.add('a')
    queue.addAfter('b', 1000)
    queue.addRateLimited('c')
    expect(await queue.take()).toBeUndefined()
    expect(clock.sleeping).toBe(0)
    expect(queue.depth).toBe(0)
  })

  test('is closed when the last work is done, and hands out nothing that was queued', async () => {
    const { queue } = queueOf()
    for (const key of ['a', 'b', 'waiting']) queue.add(key)
    await Promise.all([queue.take(), queue.take()])
    queue.add('a')
    let closed = false
    const closing = queue.close().then(() => (closed = true))
    queue.done('a')
    await settled()
    expect(closed).toBe(false)
    queue.done('b')
    await closing
    expect(queue.depth).toBe(0)
  })
})

describe('what a queue tells', () => {
  test('is how long keys waited, how long work took, and how much there was', async () => {
    const told: string[] = []
    const { queue, clock } = queueOf({
      observer: {
        onAdd: () => told.push('add'),
        onRetry: () => told.push('retry'),
        onStart: (ms) => told.push(`start after ${ms}`),
        onDone: (ms) => told.push(`done in ${ms}`),
      },
    })
    queue.add('a')
    queue.add('a')
    await clock.advance(100)
    await queue.take()
    await clock.advance(30)
    queue.add('b')
    await queue.take()
    await clock.advance(20)
    expect([queue.running, queue.unfinishedMs, queue.longestRunningMs]).toEqual([2, 70, 50])
    queue.add('a')
    await clock.advance(5)
    queue.done('a')
    await queue.take()
    queue.addRateLimited('b')
    expect(told).toEqual([
      'add',
      'start after 100',
      'add',
      'start after 0',
      'add',
      'done in 55',
      'start after 5',
      'retry',
    ])
  })
})
