import { expect, test } from 'vitest'
import { TokenBucket } from '../../src/controller/token-bucket.ts'
import { FakeClock } from './fake-clock.ts'

test('a bucket lets a burst through, then as much as comes back', () => {
  const clock = new FakeClock()
  const bucket = new TokenBucket({ perSecond: 2, burst: 3 }, clock)
  expect(Array.from({ length: 5 }, () => bucket.tryTake())).toEqual([true, true, true, false, false])
  clock.freeze(500)
  expect([bucket.tryTake(), bucket.tryTake()]).toEqual([true, false])
  clock.freeze(3_600_000)
  expect(
    Array.from({ length: 4 }, () => bucket.tryTake()),
    'never more than a burst',
  ).toEqual([true, true, true, false])
})

test('a bucket promises tokens that are still to come, in order', () => {
  const clock = new FakeClock()
  const bucket = new TokenBucket({ perSecond: 2, burst: 1 }, clock)
  expect([bucket.reserve(), bucket.reserve(), bucket.reserve()]).toEqual([0, 500, 1000])
  clock.freeze(1000)
  expect(bucket.tryTake(), 'those are promised').toBe(false)
  clock.freeze(500)
  expect(bucket.tryTake()).toBe(true)
})

test('a clock that is set back takes no token away', () => {
  const clock = new FakeClock()
  const bucket = new TokenBucket({ perSecond: 1, burst: 2 }, clock)
  bucket.tryTake()
  clock.freeze(-3_600_000)
  expect(bucket.tryTake()).toBe(true)
  clock.freeze(1000)
  expect(bucket.tryTake()).toBe(true)
})
