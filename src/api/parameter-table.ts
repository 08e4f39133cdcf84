import { CHOICES } from './parameter-choices.ts'
import type { ParameterContext } from './parameter-context.ts'
import { SWITCHES, TEXTS } from './parameter-names.ts'
import { NUMBERS } from './parameter-numbers.ts'

/** What a value may be. */
export type ParameterValues =
  | { readonly type: 'bool' }
  | { readonly type: 'string' }
  | { readonly type: 'enum'; readonly words: readonly string[] }
  | {
      readonly type: 'integer' | 'real'
      /** Unit of a number without one: `kB`, `8kB`, `ms`; absent where the parameter has none. */
      readonly unit?: string
      readonly min: number
      readonly max: number
    }

/** One parameter of the server, in the majors that have it in this form. */
export interface ParameterEntry {
  readonly name: string
  readonly context: ParameterContext
  readonly firstMajor: number
  readonly lastMajor: number
  readonly values: ParameterValues
}

const ALL_MAJORS = '*'

function majors(range: string): Pick<ParameterEntry, 'firstMajor' | 'lastMajor'> {
  const [first = '', last = ''] = range === ALL_MAJORS ? [] : range.split('-')
  return { firstMajor: first === '' ? 0 : Number(first), lastMajor: last === '' ? Infinity : Number(last) }
}

const lines = (text: string): string[] => text.split('\n').filter((line) => line !== '')

function named(blocks: typeof SWITCHES, values: ParameterValues): ParameterEntry[] {
  return Object.entries(blocks).flatMap(([context, names]) =>
    names
      .trim()
      .split(/\s+/)
      .map((word) => {
        const [name = '', range = ALL_MAJORS] = word.split('@')
        return { name, context: context as ParameterContext, ...majors(range), values }
      }),
  )
}

function numbers(): ParameterEntry[] {
  return lines(NUMBERS).map((line) => {
    const [name = '', context = '', type = '', unit = '-', min, max, range = ALL_MAJORS] = line.split(' ')
    return {
      name,
      context: context as ParameterContext,
      ...majors(range),
      values: {
        type: type as 'integer' | 'real',
        ...(unit === '-' ? {} : { unit }),
        min: Number(min),
        max: Number(max),
      },
    }
  })
}

function choices(): ParameterEntry[] {
  return lines(CHOICES).map((line) => {
    const [name = '', context = '', range = ALL_MAJORS, ...words] = line.split(' ')
    return {
      name,
      context: context as ParameterContext,
      ...majors(range),
      values: { type: 'enum', words: words.join(' ').split('|') },
    }
  })
}

let table: ReadonlyMap<string, readonly ParameterEntry[]> | undefined

/** Every parameter that is known, by its name in lower case. Read when it is asked for first. */
export function parameterTable(): ReadonlyMap<string, readonly ParameterEntry[]> {
  table ??= Map.groupBy(
    [...named(SWITCHES, { type: 'bool' }), ...named(TEXTS, { type: 'string' }), ...numbers(), ...choices()],
    ({ name }) => name,
  )
  return table
}

/** The parameter as that major has it; `undefined` where it has none of that name, as far as is known. */
export function parameterOf(name: string, major: string): ParameterEntry | undefined {
  return parameterTable()
    .get(name.toLowerCase())
    ?.find(({ firstMajor, lastMajor }) => firstMajor <= Number(major) && Number(major) <= lastMajor)
}
