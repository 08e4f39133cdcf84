import { array, assert, asyncProperty, boolean, constantFrom, integer, record } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { startCandidate } from './candidate.ts'
import type { Candidate } from './candidate.ts'
import { FakeClock } from './fake-clock.ts'
import { FakeLeases } from './fake-leases.ts'
import type { Fault } from './fake-leases.ts'

/** What happens next: a line gets better or worse, a candidate is told to stop or begins anew, and time passes. */
const step = record({
  who: integer({ min: 0, max: 2 }),
  what: constantFrom<(Fault | 'heal' | 'restart')[]>('heal', 'heal', 'refuse', 'hang', 'lose', 'hang-after', 'restart'),
  ms: integer({ min: 0, max: 30_000 }),
  chance: constantFrom(0, 0.5, 0.99),
})

describe('of three candidates, whatever becomes of their requests', () => {
  test('at most one works at any time, and one does when the faults are over', async () => {
    await assert(
      asyncProperty(array(step, { maxLength: 25, size: 'max' }), boolean(), async (steps, hasPause) => {
        const clock = new FakeClock()
        const leases = new FakeLeases()
        const lines = Array.from({ length: 3 }, () => leases.line())
        const running: Candidate[] = []
        const start = (who: number): void => {
          const before = running[who]
          const line = lines[who] ?? leases.line()
          running[who] = startCandidate(line, clock, `${who}-${before === undefined ? 'first' : clock.now()}`, {
            onEvent: ({ type }) => {
              if (type === 'leading') expect(running.filter((one) => one.isWorking())).toEqual([])
            },
          })
        }
        const working = (): number => running.filter((one) => one.isWorking()).length
        lines.forEach((_, who) => start(who))
        for (const { who, what, ms, chance } of steps) {
          const line = lines[who]!
          const candidate = running[who]!
          clock.chance = chance
          if (what === 'restart') {
            candidate.stop()
            if (hasPause) await clock.advance(100)
            start(who)
          } else line.fault = what === 'heal' ? undefined : what
          // In small steps, so that nobody works beside another one unseen.
          for (let left = ms; left >= 0; left -= 1000) {
            await clock.advance(Math.min(left, 1000))
            expect(working()).toBeLessThanOrEqual(1)
          }
        }
        // As a Deployment does: whoever lost the lease has ended, and is started again.
        for (const [who, line] of lines.entries()) {
          line.fault = undefined
          running[who]!.stop()
          await clock.advance(20_000)
          start(who)
        }
        await clock.advance(30_000)
        expect(working()).toBe(1)
        for (const one of running) one.stop()
        await clock.advance(30_000)
        expect(await Promise.all(running.map(({ outcome }) => outcome))).toEqual(['ended', 'ended', 'ended'])
        expect(clock.sleeping).toBe(0)
      }),
      { numRuns: 60 },
    )
  })
})
