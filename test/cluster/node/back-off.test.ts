import { describe, expect, test } from 'vitest'
import { BackOff, formatDuration } from './back-off.ts'

describe('back-off', () => {
  test('does not wait after the first failure, then doubles from the base to five minutes', () => {
    const backOff = new BackOff(10_000)
    const delays = Array.from({ length: 8 }, () => backOff.next() / 1000)
    expect(delays).toEqual([0, 10, 20, 40, 80, 160, 300, 300])
  })

  test('begins again after ten minutes of good running', () => {
    const backOff = new BackOff(10_000)
    backOff.next()
    backOff.next()
    expect(backOff.next(600_001)).toBe(0)
  })

  test.each([
    [10_000, '10s'],
    [160_000, '2m40s'],
    [300_000, '5m0s'],
    [500, '500ms'],
    [1500, '1.5s'],
  ])('%i ms are printed as %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text)
  })
})
