import { expect, test } from 'vitest'
import type { KubernetesObject } from '../../../src/api/object.ts'
import { WarningEvents } from '../../../src/applier/cluster/warning-events.ts'

/** A cluster whose events take some time to list, by a clock of its own. */
function slowEvents(costMs: number): {
  readonly events: WarningEvents
  readonly clock: { now: number; lists: number }
} {
  const clock = { now: 0, lists: 0 }
  const list = (): Promise<readonly KubernetesObject[]> => {
    clock.lists += 1
    clock.now += costMs
    return Promise.resolve([])
  }
  return {
    events: new WarningEvents(
      { list },
      () => [{ namespace: 'shop' }],
      () => clock.now,
    ),
    clock,
  }
}

/** Lists that a minute of asking every tenth of a second makes. */
async function listsOfAMinute(costMs: number): Promise<number> {
  const { events, clock } = slowEvents(costMs)
  while (clock.now < 60_000) {
    await events.of('shop/orders')
    clock.now += 100
  }
  return clock.lists
}

test('events are listed at most twice a second, and for a twentieth of the time', async () => {
  expect(await listsOfAMinute(5)).toBeLessThanOrEqual(120)
  expect(await listsOfAMinute(5)).toBeGreaterThan(80)
  // What takes a fifth of a second is not asked for twice a second.
  expect(await listsOfAMinute(200)).toBeLessThanOrEqual(60_000 / (200 * 20))
  // Nobody waits longer than ten seconds for a new reason.
  expect(await listsOfAMinute(3000)).toBeGreaterThanOrEqual(60_000 / 13_200)
})

test('whoever asks while events are being listed waits for that list', async () => {
  let [lists, finish] = [0, (): void => undefined]
  const list = (): Promise<readonly KubernetesObject[]> => {
    lists += 1
    return new Promise((resolve) => {
      finish = () => resolve([])
    })
  }
  let now = 0
  const events = new WarningEvents(
    { list },
    () => [{ namespace: 'shop' }],
    () => now,
  )
  const first = events.of('shop/orders')
  now = 60_000
  const second = events.of('shop/stock')
  finish()
  expect([await first, await second, lists]).toEqual([[], [], 1])
})
