import { InputError } from '../api/input-error.ts'

/** Longest duration in milliseconds: timers count in 32 bits, and one that is longer would ring at once. */
const LONGEST_MS = 2_147_483_647

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

/**
 * Parses a duration as Go writes it: `90s`, `5m`, `1h30m`, `500ms`.
 * @param flag name for messages
 * @returns whole milliseconds, rounded up, more than zero
 * @throws InputError
 */
export function parseDuration(text: string, flag: string): number {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)]
  const total = parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (UNITS[unit ?? ''] ?? 0), 0)
  if (parts.map(([part]) => part).join('') !== text || total <= 0) {
    throw new InputError(`--${flag} ${text} is not a duration`, {
      remedy: `write a number with its unit, for example --${flag} 5m`,
    })
  }
  if (total > LONGEST_MS) {
    throw new InputError(`--${flag} ${text} is too long`, { remedy: 'the longest is 596h' })
  }
  return Math.ceil(total)
}
