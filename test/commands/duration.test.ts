import { describe, expect, test } from 'vitest'
import { parseDuration } from '../../src/commands/duration.ts'

describe('a duration', () => {
  test.each([
    ['90s', 90_000],
    ['5m', 300_000],
    ['1h30m', 5_400_000],
    ['500ms', 500],
    ['1.5h', 5_400_000],
    ['0.5s', 500],
    ['1m0s', 60_000],
    ['0.1ms', 1],
    ['1.0001s', 1001],
    ['596h', 2_145_600_000],
  ])('%s is %d milliseconds', (text, milliseconds) => {
    expect(parseDuration(text, 'timeout')).toBe(milliseconds)
  })

  test.each([
    '',
    '0',
    '0s',
    '10',
    '-1',
    '-5m',
    '1d',
    'NaN',
    'Infinity',
    '5 m',
    '5M',
    'm',
    '1h30',
    '.5s',
    '1e3s',
    '5mm',
    'forever',
  ])('%j is none', (text) => {
    expect(() => parseDuration(text, 'timeout')).toThrow(
      expect.objectContaining({
        message: `--timeout ${text} is not a duration`,
        remedy: 'write a number with its unit, for example --timeout 5m',
      }),
    )
  })

  test.each(['597h', '9999999999h'])('%s is longer than a timer can count', (text) => {
    expect(() => parseDuration(text, 'pace')).toThrow(`--pace ${text} is too long`)
  })
})
