import { InputError } from '../api/input-error.ts'
import type { FlagValues } from './command.ts'

/**
 * The value of a flag that says how many, from 1 to 999.
 * @throws InputError for anything else
 */
export function countOf(values: FlagValues, flag: string, byDefault: number): number {
  const value = values[flag]
  if (value === undefined) return byDefault
  if (typeof value === 'string' && /^[1-9]\d{0,2}$/.test(value)) return Number(value)
  throw new InputError(`--${flag} ${String(value)} is not possible`, { remedy: 'use a whole number from 1 to 999' })
}
