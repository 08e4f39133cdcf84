import { describe, expect, test } from 'vitest'
import { lastScheduled, nextScheduled } from '../../src/controller/cron-schedule.ts'

const at = (text: string): number => Date.parse(text)
const shown = (moment: number | undefined): string | undefined =>
  moment === undefined ? undefined : new Date(moment).toISOString().replace(':00.000Z', 'Z')

describe('a schedule', () => {
  test.each([
    ['30 2 * * *', 'Etc/UTC', '2026-11-29T12:00:00Z', '2026-11-29T02:30Z', '2026-11-30T02:30Z'],
    ['30 2 * * *', 'Etc/UTC', '2026-11-29T02:30:00Z', '2026-11-29T02:30Z', '2026-11-30T02:30Z'],
    ['30 2 * * *', 'Etc/UTC', '2026-11-29T02:29:59Z', '2026-11-28T02:30Z', '2026-11-29T02:30Z'],
    ['@hourly', 'Etc/UTC', '2026-12-31T23:59:59Z', '2026-12-31T23:00Z', '2027-01-01T00:00Z'],
    ['*/20 8-10 * * *', 'Etc/UTC', '2026-11-29T11:00:00Z', '2026-11-29T10:40Z', '2026-11-30T08:00Z'],
    ['5/30 0 * * *', 'Etc/UTC', '2026-11-29T11:00:00Z', '2026-11-29T00:35Z', '2026-11-30T00:05Z'],
    // A Sunday, and days of week count from it.
    ['0 0 * * 1-5', 'Etc/UTC', '2026-11-29T11:00:00Z', '2026-11-27T00:00Z', '2026-11-30T00:00Z'],
    ['0 0 1 */3 *', 'Etc/UTC', '2026-11-29T11:00:00Z', '2026-10-01T00:00Z', '2027-01-01T00:00Z'],
    // Day of month or day of week, where both are named.
    ['0 0 13 * 5', 'Etc/UTC', '2026-11-29T11:00:00Z', '2026-11-27T00:00Z', '2026-12-04T00:00Z'],
    ['0 0 29 2 *', 'Etc/UTC', '2026-11-29T11:00:00Z', '2024-02-29T00:00Z', '2028-02-29T00:00Z'],
    ['30 2 * * *', 'Europe/Berlin', '2026-11-29T12:00:00Z', '2026-11-29T01:30Z', '2026-11-30T01:30Z'],
    ['30 2 * * *', 'Europe/Berlin', '2026-07-29T12:00:00Z', '2026-07-29T00:30Z', '2026-07-30T00:30Z'],
    ['0 23 * * *', 'Pacific/Auckland', '2026-11-29T12:00:00Z', '2026-11-29T10:00Z', '2026-11-30T10:00Z'],
    ['0 1 * * *', 'America/Los_Angeles', '2026-11-29T08:30:00Z', '2026-11-28T09:00Z', '2026-11-29T09:00Z'],
    ['0 0 * * *', 'Asia/Kathmandu', '2026-11-29T12:00:00Z', '2026-11-28T18:15Z', '2026-11-29T18:15Z'],
  ])('%s in %s, looked at on %s, was due on %s and is on %s', (schedule, zone, now, last, next) => {
    expect(shown(lastScheduled(schedule, zone, at(now)))).toBe(last)
    expect(shown(nextScheduled(schedule, zone, at(now)))).toBe(next)
  })

  test('comes once on the day on which an hour is missing, and on the day on which one comes twice', () => {
    const [spring, autumn] = ['2026-03-29T12:00:00Z', '2026-10-25T12:00:00Z']
    expect(shown(lastScheduled('30 2 * * *', 'Europe/Berlin', at(spring)))).toBe('2026-03-29T01:30Z')
    expect(shown(lastScheduled('30 2 * * *', 'Europe/Berlin', at(autumn)))).toMatch(/^2026-10-25T0[01]:30Z$/)
  })

  test('may never come', () => {
    expect(nextScheduled('0 0 31 2 *', 'Etc/UTC', at('2026-11-29T00:00:00Z'))).toBeUndefined()
  })

  test('is refused in a zone that nobody knows', () => {
    expect(() => nextScheduled('@daily', 'Europe/Nowhere', 0)).toThrow(RangeError)
  })
})
