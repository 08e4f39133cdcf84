/**
 * RFC 3339 timestamps in UTC as arithmetic: the core has no clock and no `Date`, only the moments that stand in objects.
 */

const SYNTAX = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?Z$/i

const MS_PER_SECOND = 1000
const MS_PER_DAY = 86_400_000

/** Days from 0000-03-01 to 1970-01-01 in the proleptic Gregorian calendar. */
const EPOCH_DAYS = 719_468
const DAYS_PER_ERA = 146_097

/** Milliseconds since 1970 of an RFC 3339 text that ends in `Z`; `undefined` where it is none. */
export function parseTimestamp(text: string | undefined): number | undefined {
  const match = text === undefined ? null : SYNTAX.exec(text)
  if (match === null) return undefined
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map(Number)
  if (month < 1 || month > 12 || day < 1 || day > 31) return undefined
  const milliseconds = Number((match[7] ?? '').padEnd(3, '0').slice(0, 3))
  return (
    daysSinceEpoch(year, month, day) * MS_PER_DAY + ((hour * 60 + minute) * 60 + second) * MS_PER_SECOND + milliseconds
  )
}

/** RFC 3339 text with seconds precision, as Kubernetes writes it. A fraction of a second is cut off. */
export function formatTimestamp(epochMs: number): string {
  const days = Math.floor(epochMs / MS_PER_DAY)
  const seconds = Math.floor((epochMs - days * MS_PER_DAY) / MS_PER_SECOND)
  const [year, month, day] = civilDate(days)
  const time = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60].map((part) => pad(part, 2))
  return `${pad(year, 4)}-${pad(month, 2)}-${pad(day, 2)}T${time.join(':')}Z`
}

/** Whether `left` is strictly before `right`; a text that is no timestamp is neither before nor after anything. */
export function isBefore(left: string | undefined, right: string | undefined): boolean {
  const [leftMs, rightMs] = [parseTimestamp(left), parseTimestamp(right)]
  return leftMs !== undefined && rightMs !== undefined && leftMs < rightMs
}

const pad = (part: number, width: number): string => String(part).padStart(width, '0')

// Both directions count years from March, so that the leap day is the last day of a year.
// @see https://howardhinnant.github.io/date_algorithms.html
function daysSinceEpoch(year: number, month: number, day: number): number {
  const marchYear = month <= 2 ? year - 1 : year
  const era = Math.floor(marchYear / 400)
  const yearOfEra = marchYear - era * 400
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return era * DAYS_PER_ERA + dayOfEra - EPOCH_DAYS
}

function civilDate(days: number): readonly [year: number, month: number, day: number] {
  const shifted = days + EPOCH_DAYS
  const era = Math.floor(shifted / DAYS_PER_ERA)
  const dayOfEra = shifted - era * DAYS_PER_ERA
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153)
  const day = dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
  return [yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day]
}
