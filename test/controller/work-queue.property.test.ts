import { array, assert, asyncProperty, constantFrom, integer, oneof, record } from 'fast-check'
import type { Arbitrary } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { WorkQueue } from '../../src/controller/work-queue.ts'
import { FakeClock } from './fake-clock.ts'

/** One thing that happens to a queue. */
type Step =
  | { readonly op: 'add' | 'done' | 'fail' | 'forget'; readonly key: string }
  | { readonly op: 'addAfter'; readonly key: string; readonly ms: number }
  | { readonly op: 'take' }
  | { readonly op: 'pass'; readonly ms: number }

const key = constantFrom('a', 'b', 'c')
const ms = integer({ min: 0, max: 30_000 })
const step: Arbitrary<Step> = oneof(
  record({ op: constantFrom('add' as const, 'done' as const, 'fail' as const, 'forget' as const), key }),
  record({ op: constantFrom('addAfter' as const), key, ms }),
  record({ op: constantFrom('take' as const) }),
  record({ op: constantFrom('pass' as const), ms }),
)

/** A queue that is slow, single-threaded and plain to see through: everything is a list, time is a number. */
class Model {
  now = 0
  queue: string[] = []
  working: string[] = []
  again: string[] = []
  later: { key: string; due: number }[] = []
  failures: Record<string, number> = {}

  add(wanted: string): void {
    const list = this.working.includes(wanted) ? this.again : this.queue
    if (!list.includes(wanted)) list.push(wanted)
  }

  addAfter(wanted: string, delay: number): void {
    if (delay === 0) {
      this.add(wanted)
      return
    }
    const due = Math.min(
      this.now + delay,
      ...this.later.filter((entry) => entry.key === wanted).map((entry) => entry.due),
    )
    const before = this.later.find((entry) => entry.key === wanted)
    if (before?.due === due) return
    this.later = [...this.later.filter((entry) => entry.key !== wanted), { key: wanted, due }]
  }

  fail(wanted: string): void {
    const failures = (this.failures[wanted] ?? 0) + 1
    this.failures[wanted] = failures
    this.addAfter(wanted, Math.min(5000 * 2 ** (failures - 1), 300_000))
  }

  take(): string | undefined {
    const taken = this.queue.shift()
    if (taken !== undefined) this.working.push(taken)
    return taken
  }

  done(wanted: string): void {
    if (!this.working.includes(wanted)) return
    this.working = this.working.filter((entry) => entry !== wanted)
    if (this.again.includes(wanted)) this.queue.push(wanted)
    this.again = this.again.filter((entry) => entry !== wanted)
  }

  pass(passed: number): void {
    const end = this.now + passed
    for (const { key: due } of this.later.filter((entry) => entry.due <= end).sort((one, other) => one.due - other.due))
      this.add(due)
    this.later = this.later.filter((entry) => entry.due > end)
    this.now = end
  }
}

/** The same step taken by both. */
async function take(next: Step, queue: WorkQueue, model: Model, clock: FakeClock): Promise<void> {
  switch (next.op) {
    case 'add':
      queue.add(next.key)
      model.add(next.key)
      break
    case 'done':
      queue.done(next.key)
      model.done(next.key)
      break
    case 'fail':
      queue.addRateLimited(next.key)
      model.fail(next.key)
      break
    case 'forget':
      queue.forget(next.key)
      delete model.failures[next.key]
      break
    case 'addAfter':
      queue.addAfter(next.key, next.ms)
      model.addAfter(next.key, next.ms)
      break
    case 'pass':
      await clock.advance(next.ms)
      model.pass(next.ms)
      break
    case 'take':
      if (queue.depth > 0) expect(await queue.take()).toBe(model.take())
  }
}

describe('a queue and a plain model of it', () => {
  test('agree about whatever happens, in any order', async () => {
    await assert(
      asyncProperty(array(step, { maxLength: 60, size: 'max' }), async (steps) => {
        const clock = new FakeClock()
        const queue = new WorkQueue({ clock, rate: { perSecond: 1, burst: 1000 } })
        const model = new Model()
        for (const next of steps) {
          await take(next, queue, model, clock)
          expect([queue.depth, queue.running, clock.sleeping]).toEqual([
            model.queue.length,
            model.working.length,
            model.later.length,
          ])
        }
      }),
      { numRuns: 300 },
    )
  })
})
