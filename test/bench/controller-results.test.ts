import { expect, test } from 'vitest'
import { fleetVerdicts, quantile, quietVerdicts } from '../../bench/controller-results.ts'
import type { FleetResult } from '../../bench/controller-results.ts'
import { countRequests } from '../../bench/requests.ts'

const requests = (total: number): FleetResult['requests'] => ({ ...countRequests([]), total })

const fleet = (databases: number, more: Partial<FleetResult> = {}): FleetResult => ({
  databases,
  seconds: 10,
  othersShare: 0,
  requests: requests(40 * databases),
  cpuSeconds: 4,
  serverCpuSeconds: 16,
  peakMemoryBytes: 200e6,
  corrections: [10, 20, 30],
  watchedBytes: 0,
  complaints: {},
  ...more,
})

const missed = (result: FleetResult): readonly string[] =>
  fleetVerdicts(result, fleet(1))
    .filter(({ isMet }) => !isMet)
    .map(({ promise }) => promise.replace('500 databases at once: ', ''))

test('every promise of a fleet can be kept', () => {
  const floor = { seconds: 5, othersShare: 0, writes: 20, cpuSeconds: 2, serverCpuSeconds: 8 }
  expect(fleetVerdicts(fleet(500, { floor }), fleet(1))).toHaveLength(7)
  expect(missed(fleet(500, { floor }))).toEqual([])
})

test.each([
  [
    'Ready in at most 2 ×',
    { othersShare: 0.5, floor: { seconds: 4.9, othersShare: 0, writes: 20, cpuSeconds: 2, serverCpuSeconds: 8 } },
  ],
  [
    "of the machine's time that others left",
    { floor: { seconds: 5, othersShare: 0.1, writes: 20, cpuSeconds: 2, serverCpuSeconds: 8 } },
  ],
  [
    'at most 2 × the processor time',
    { floor: { seconds: 5, othersShare: 0, writes: 20, cpuSeconds: 1, serverCpuSeconds: 8 } },
  ],
  ['at most 1.3 × the requests', { requests: requests(53 * 500) }],
  ['at most 250 MB', { peakMemoryBytes: 251e6 }],
  ['a change is corrected in 50 ms, median', { corrections: [10, 51, 60] }],
  ['and in 500 ms, 99 %', { corrections: [10, 20, 501] }],
])('and missed: %s', (promise, more) => {
  expect(missed(fleet(500, more))).toEqual([expect.stringContaining(promise)])
})

test('quiet allows no write, twelve requests a minute and a hundredth of a core', () => {
  const quiet = { databases: 100, minutes: 5, requests: requests(60), cpuSeconds: 3, memoryBytes: 0 }
  expect(quietVerdicts(quiet).map(({ isMet }) => isMet)).toEqual([true, true, true])
  const loud = { ...quiet, requests: { ...requests(61), writes: 1 }, cpuSeconds: 3.1 }
  expect(quietVerdicts(loud).map(({ isMet }) => isMet)).toEqual([false, false, false])
})

test('a quantile is a value that was measured', () => {
  expect([0, 0.5, 0.99].map((share) => quantile([1, 2, 3, 4], share))).toEqual([1, 3, 4])
})
