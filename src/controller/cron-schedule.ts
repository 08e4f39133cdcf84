import { CRON_FIELDS, NAMED_SCHEDULES } from '../api/cron-rules.ts'

const DAY_MS = 86_400_000

/** So many days are looked through; a schedule that names no day among them never comes (the 31st of February). */
const HORIZON_DAYS = 5 * 366

/** A schedule taken apart: the numbers of each field. */
interface Schedule {
  readonly minutes: readonly number[]
  readonly hours: readonly number[]
  readonly days: ReadonlySet<number>
  readonly months: ReadonlySet<number>
  readonly weekdays: ReadonlySet<number>
  /** Where both are restricted, a day that either of them names will do, as cron has it. */
  readonly eitherDay: boolean
}

/**
 * The last moment of a schedule at or before another one, in milliseconds since the epoch.
 * @param timeZone IANA name; a moment that a change of clocks leaves out is taken as many minutes later
 * @returns `undefined` for a schedule that never comes
 * @throws RangeError where nobody knows the time zone
 */
export function lastScheduled(schedule: string, timeZone: string, nowMs: number): number | undefined {
  return search(schedule, timeZone, nowMs, -1)
}

/** The next moment after another one. @see lastScheduled */
export function nextScheduled(schedule: string, timeZone: string, nowMs: number): number | undefined {
  return search(schedule, timeZone, nowMs, 1)
}

function search(text: string, timeZone: string, nowMs: number, step: 1 | -1): number | undefined {
  const schedule = parse(text)
  const offsetAt = offsets(timeZone)
  const today = Math.floor((nowMs + offsetAt(nowMs)) / DAY_MS)
  const fits = (moment: number): boolean => (step === 1 ? moment > nowMs : moment <= nowMs)
  // A day more than today on the near side: zones move by up to a day and a half against each other.
  for (let day = today - step; Math.abs(day - today) < HORIZON_DAYS; day += step) {
    if (!isScheduled(schedule, day)) continue
    const moments = schedule.hours.flatMap((hour) =>
      schedule.minutes.map((minute) => momentOf(day * DAY_MS + (hour * 60 + minute) * 60_000, offsetAt)),
    )
    const found = moments.filter(fits)
    if (found.length > 0) return step === 1 ? Math.min(...found) : Math.max(...found)
  }
  return undefined
}

function parse(text: string): Schedule {
  const fields = (NAMED_SCHEDULES[text] ?? text).split(' ')
  const [minutes = [], hours = [], days = [], months = [], weekdays = []] = CRON_FIELDS.map((bounds, index) =>
    numbersOf(fields[index] ?? '*', bounds),
  )
  const isRestricted = (index: number): boolean => !(fields[index] ?? '*').startsWith('*')
  return {
    minutes,
    hours,
    days: new Set(days),
    months: new Set(months),
    weekdays: new Set(weekdays),
    eitherDay: isRestricted(2) && isRestricted(4),
  }
}

function numbersOf(field: string, { lowest, highest }: (typeof CRON_FIELDS)[number]): number[] {
  const numbers = field.split(',').flatMap((item) => {
    const [range = '*', step] = item.split('/')
    const [first, last] = range === '*' ? [lowest, highest] : range.split('-').map(Number)
    const end = last ?? (step === undefined ? (first ?? lowest) : highest)
    const all: number[] = []
    for (let number = first ?? lowest; number <= end; number += Number(step ?? 1)) all.push(number)
    return all
  })
  return [...new Set(numbers)]
}

/** @param day days since the epoch, by the clock of the zone */
function isScheduled({ days, months, weekdays, eitherDay }: Schedule, day: number): boolean {
  const date = new Date(day * DAY_MS)
  if (!months.has(date.getUTCMonth() + 1)) return false
  const [byDay, byWeekday] = [days.has(date.getUTCDate()), weekdays.has(date.getUTCDay())]
  return eitherDay ? byDay || byWeekday : byDay && byWeekday
}

/** The moment at which the clock of the zone shows a time. */
function momentOf(shownMs: number, offsetAt: (moment: number) => number): number {
  const guess = shownMs - offsetAt(shownMs)
  return shownMs - offsetAt(guess)
}

/** How far the clock of a zone is ahead of UTC at a moment, in milliseconds. */
function offsets(timeZone: string): (moment: number) => number {
  if (timeZone === 'Etc/UTC' || timeZone === 'UTC') return () => 0
  const number = { year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric' } as const
  const format = new Intl.DateTimeFormat('en-US', { timeZone, hourCycle: 'h23', ...number })
  return (moment) => {
    const parts = Object.fromEntries(format.formatToParts(moment).map(({ type, value }) => [type, Number(value)]))
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0 } = parts
    return Date.UTC(year, month - 1, day, hour, minute) - Math.floor(moment / 60_000) * 60_000
  }
}
