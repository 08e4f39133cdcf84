import type { Rule } from './rule.ts'

/** Names of schedules that cron knows, as five fields. @see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#schedule-syntax */
export const NAMED_SCHEDULES: Readonly<Record<string, string>> = {
  '@hourly': '0 * * * *',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@weekly': '0 0 * * 0',
  '@monthly': '0 0 1 * *',
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
}

/** Values of one field, lowest and highest. */
export interface FieldBounds {
  readonly name: string
  readonly lowest: number
  readonly highest: number
}

/** The five fields, in order. */
export const CRON_FIELDS: readonly FieldBounds[] = [
  { name: 'minute', lowest: 0, highest: 59 },
  { name: 'hour', lowest: 0, highest: 23 },
  { name: 'day of month', lowest: 1, highest: 31 },
  { name: 'month', lowest: 1, highest: 12 },
  { name: 'day of week', lowest: 0, highest: 6 },
]

/** Patterns of the numbers of each field, without leading zeros. */
const NUMBERS = ['([0-9]|[1-5][0-9])', '([0-9]|1[0-9]|2[0-3])', '([1-9]|[12][0-9]|3[01])', '([1-9]|1[0-2])', '[0-6]']
const field = (number: string): string => {
  const item = `([*]|${number}(-${number})?)(/[1-9][0-9]?)?`
  return `${item}(,${item})*`
}

/** Five fields of numbers, lists, ranges and steps, one blank between them; or a name. */
export const CRON_PATTERN = `^(@(hourly|daily|midnight|weekly|monthly|yearly|annually)|${NUMBERS.map(field).join(' ')})$`

/** Ranges in a schedule, wherever they stand. */
const RANGE = '[0-9]{1,2}-[0-9]{1,2}'

/** A range that ends before it begins: cron's own parser refuses it, so a CronJob with it would never be made. */
const isForward = (range: string): boolean => {
  const [first, last] = range.split('-').map(Number)
  return (first ?? 0) <= (last ?? 0)
}

/** Rules of a schedule. Names of days and months are left out: numbers say the same. @param name of the field */
export function cronRules(name: string): Rule<string>[] {
  const pattern = new RegExp(CRON_PATTERN)
  return [
    {
      cel: `self.matches('${CRON_PATTERN}')`,
      message: `${name} must be a schedule as cron writes it, in numbers: minute, hour, day of month, month, day of week; for example 30 2 * * *, or @daily`,
      holds: (schedule) => pattern.test(schedule),
    },
    {
      cel: `self.findAll('${RANGE}').all(range, int(range.split('-')[0]) <= int(range.split('-')[1]))`,
      message: `${name} must name ranges from the lower number to the higher one`,
      holds: (schedule) => Array.from(schedule.matchAll(new RegExp(RANGE, 'g'))).every(([range]) => isForward(range)),
    },
  ]
}
