import { describe, expect, test } from 'vitest'
import { generatePassword, PASSWORD_LENGTH } from '../../src/postgres/password.ts'

describe('a generated password', () => {
  test('is 32 letters and digits, which no format has to escape', () => {
    const password = generatePassword()
    expect(password).toMatch(/^[A-Za-z0-9]{32}$/)
    expect(encodeURIComponent(password)).toBe(password)
  })

  test('is another one each time', () => {
    expect(new Set(Array.from({ length: 1000 }, () => generatePassword())).size).toBe(1000)
  })

  test('has every character equally often: of all bytes, those that would favour some are left out', () => {
    const counts = new Map<string, number>()
    for (let first = 0; first < 256; first += PASSWORD_LENGTH) {
      // Four times the same bytes, then the middle of the alphabet's range until the length is reached.
      let call = 0
      const bytes = (size: number): Uint8Array => {
        call += 1
        return Uint8Array.from({ length: size }, (_, index) => (call === 1 ? first + index : 0))
      }
      const accepted = Math.min(Math.max(248 - first, 0), PASSWORD_LENGTH)
      for (const character of generatePassword(bytes).slice(0, accepted))
        counts.set(character, (counts.get(character) ?? 0) + 1)
    }
    expect(counts.size).toBe(62)
    expect(new Set(counts.values())).toEqual(new Set([4]))
  })
})
