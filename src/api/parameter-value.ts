import { closest } from './closest.ts'
import type { ParameterValues } from './parameter-table.ts'

/** A value as the server understands it, numbers in the parameter's own unit; or what to write instead. */
export type ReadValue =
  | { readonly ok: true; readonly value: string | number | boolean }
  | { readonly ok: false; readonly remedy: string }

/** Sizes of the units, by family. @see https://www.postgresql.org/docs/current/config-setting.html#CONFIG-SETTING-NAMES-VALUES */
const MEMORY: Readonly<Record<string, number>> = { B: 1, kB: 2 ** 10, MB: 2 ** 20, GB: 2 ** 30, TB: 2 ** 40 }
const TIME: Readonly<Record<string, number>> = { us: 1, ms: 1e3, s: 1e6, min: 6e7, h: 3.6e9, d: 8.64e10 }

/** Reads a value as the server would. */
// oxlint-disable-next-line typescript/consistent-return -- the compiler proves that the switch is exhaustive
export function readParameter(values: ParameterValues, text: string): ReadValue {
  switch (values.type) {
    case 'string':
      return { ok: true, value: text }
    case 'bool':
      return readSwitch(text)
    case 'enum':
      return readWord(values.words, text)
    case 'integer':
    case 'real':
      return readNumber(values, text)
  }
}

/**
 * Every way to write on, in any case: the server takes any beginning of these words that belongs to one of them only.
 * Also for CEL, which knows the same syntax.
 * @see https://www.postgresql.org/docs/current/config-setting.html#CONFIG-SETTING-NAMES-VALUES
 */
export const SWITCHED_ON = '^(t(r(ue?)?)?|y(es?)?|on|1)$'

function readSwitch(text: string): ReadValue {
  const word = text.toLowerCase()
  if (new RegExp(SWITCHED_ON).test(word)) return { ok: true, value: true }
  if (/^(f(a(l(se?)?)?)?|no?|off?|0)$/.test(word)) return { ok: true, value: false }
  return { ok: false, remedy: 'write on or off' }
}

/** Words that the server takes beside those that it shows. */
const HIDDEN_WORDS: readonly { readonly beside: string; readonly words: readonly string[] }[] = [
  { beside: 'off', words: ['true', 'false', 'yes', 'no', '1', '0'] },
  { beside: 'debug5', words: ['debug', 'info'] },
  { beside: 'logical', words: ['archive', 'hot_standby'] },
]

function readWord(words: readonly string[], text: string): ReadValue {
  const word = text.toLowerCase()
  const shown = words.find((candidate) => candidate.toLowerCase() === word)
  if (shown !== undefined) return { ok: true, value: shown }
  const isHidden = HIDDEN_WORDS.some((hidden) => words.includes(hidden.beside) && hidden.words.includes(word))
  if (isHidden) return { ok: true, value: word }
  const suggestion = closest(text, words)
  const choice = `write one of ${words.filter((candidate) => candidate !== '').join(', ')}`
  return { ok: false, remedy: suggestion === undefined ? choice : `did you mean ${suggestion}? Else ${choice}` }
}

type NumberValues = Extract<ParameterValues, { min: number }>

const NUMBER = /^\s*([+-]?(?:0x[\da-f]+|\d+\.?\d*(?:e[+-]?\d+)?|\.\d+(?:e[+-]?\d+)?))\s*([a-z]*)\s*$/i

function readNumber({ type, unit, min, max }: NumberValues, text: string): ReadValue {
  const [, digits, suffix = ''] = NUMBER.exec(text) ?? []
  const amount = digits === undefined ? Number.NaN : amountOf(digits, type)
  const units = unitsOf(unit)
  const kind = type === 'integer' ? 'a whole number' : 'a number'
  if (Number.isNaN(amount)) {
    const example = unit === undefined ? 'without a unit' : `with one of the units ${Object.keys(units).join(', ')}`
    return { ok: false, remedy: `write ${kind} ${example}` }
  }
  if (suffix !== '' && units[suffix] === undefined) {
    return {
      ok: false,
      remedy:
        unit === undefined
          ? `it has no unit: write ${kind} alone`
          : `its units are ${Object.keys(units).join(', ')}, in just these capitals`,
    }
  }
  const scaled = suffix === '' ? amount : (amount * (units[suffix] ?? 1)) / baseOf(unit)
  const value = type === 'integer' ? Math.round(scaled) : scaled
  if (value >= min && value <= max) return { ok: true, value }
  const shown = (limit: number): string => `${limit}${unit === undefined ? '' : ` ${unit.replace(/^\d+/, '× $&')}`}`
  return { ok: false, remedy: `it must be from ${shown(min)} to ${shown(max)}` }
}

/** Whole numbers may be octal or hexadecimal, as in C; with a point or an exponent they are decimal and rounded. */
function amountOf(digits: string, type: 'integer' | 'real'): number {
  if (type === 'real' || !/^[+-]?0[\dx]/i.test(digits)) return Number(digits.replace(/^\+/, ''))
  const sign = digits.startsWith('-') ? -1 : 1
  const bare = digits.replace(/^[+-]/, '')
  if (/^0x/i.test(bare)) return sign * Number(bare)
  if (/[.e]/i.test(bare)) return sign * Number(bare)
  return /^[0-7]+$/.test(bare) ? sign * Number.parseInt(bare, 8) : Number.NaN
}

const families = [MEMORY, TIME]

/** Unit without the number of it: blocks are counted in `8kB`. */
const plainUnit = (unit: string): string => unit.replace(/^\d+/, '')

function unitsOf(unit: string | undefined): Readonly<Record<string, number>> {
  return unit === undefined ? {} : (families.find((family) => Object.hasOwn(family, plainUnit(unit))) ?? {})
}

function baseOf(unit: string | undefined): number {
  if (unit === undefined) return 1
  return (Number.parseInt(unit, 10) || 1) * (unitsOf(unit)[plainUnit(unit)] ?? 1)
}
