import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatTimestamp, isBefore, parseTimestamp } from '../../src/phases/timestamp.ts'

describe('timestamps', () => {
  it('agree with the platform about every moment from 1900 to 2100', () => {
    const moments = fc.integer({ min: Date.UTC(1900, 0, 1) / 1000, max: Date.UTC(2100, 0, 1) / 1000 })
    fc.assert(
      fc.property(moments, (seconds) => {
        const text = new Date(seconds * 1000).toISOString().replace('.000Z', 'Z')
        expect(formatTimestamp(seconds * 1000)).toBe(text)
        expect(parseTimestamp(text)).toBe(seconds * 1000)
      }),
    )
  })

  it('know the leap days', () => {
    expect(formatTimestamp(parseTimestamp('2024-02-29T00:00:00Z') ?? 0)).toBe('2024-02-29T00:00:00Z')
    expect(formatTimestamp((parseTimestamp('2000-02-28T23:59:59Z') ?? 0) + 1000)).toBe('2000-02-29T00:00:00Z')
    expect(formatTimestamp((parseTimestamp('2100-02-28T23:59:59Z') ?? 0) + 1000)).toBe('2100-03-01T00:00:00Z')
  })

  it('read the fractions that MicroTime fields carry', () => {
    expect(parseTimestamp('1970-01-01T00:00:01.5Z')).toBe(1500)
    expect(parseTimestamp('1970-01-01T00:00:00.123456Z')).toBe(123)
  })

  it.each(['', 'yesterday', '2026-11-21', '2026-13-01T00:00:00Z', '2026-11-21T12:00:00', undefined])(
    'take %j for no timestamp',
    (text) => {
      expect(parseTimestamp(text)).toBeUndefined()
    },
  )

  it('are before nothing where they are none', () => {
    expect(isBefore('2026-11-21T12:00:00Z', '2026-11-21T12:00:01Z')).toBe(true)
    expect(isBefore('2026-11-21T12:00:00Z', '2026-11-21T12:00:00Z')).toBe(false)
    expect(isBefore(undefined, '2026-11-21T12:00:00Z')).toBe(false)
    expect(isBefore('2026-11-21T12:00:00Z', 'never')).toBe(false)
  })
})
