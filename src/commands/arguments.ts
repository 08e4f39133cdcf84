import { parseArgs } from 'node:util'
import { closest } from '../api/closest.ts'
import { InputError } from '../api/input-error.ts'
import type { FlagValues } from './command.ts'
import type { Flag, Flags } from './flags.ts'

/**
 * Flags whose value may be left out: what is meant then, and the words that are a value where they follow (`client` is
 * kubectl's; it is refused by name).
 */
const OPTIONAL_VALUES: ReadonlyMap<string, { readonly absent: string; readonly words: readonly string[] }> = new Map([
  ['--dry-run', { absent: 'server', words: ['server', 'none', 'client'] }],
])

type Option = Extract<NonNullable<ReturnType<typeof tokensOf>>[number], { kind: 'option' }>

/**
 * Parses the arguments of a command. Nothing is guessed: an unknown flag, one given twice, and one without its value
 * are refused.
 * @throws InputError naming the flag, with a suggestion where one is near
 */
export function parseArguments(
  argv: readonly string[],
  flags: Flags,
  maximumPositionals: number,
): { values: FlagValues; positionals: readonly string[] } {
  const tokens = tokensOf(withOptionalValues(argv), flags)
  const values: Record<string, string | boolean | string[]> = {}
  for (const token of tokens) {
    if (token.kind !== 'option') continue
    const { name, flag, value } = readOption(token, flags)
    if (flag.multiple === true) values[name] = [...((values[name] ?? []) as string[]), String(value)]
    else if (Object.hasOwn(values, name))
      throw new InputError(`--${name} is given twice`, { remedy: 'keep one of them' })
    else values[name] = value
  }
  const positionals = tokens.flatMap((token) => (token.kind === 'positional' ? [token.value] : []))
  if (positionals.length > maximumPositionals) {
    throw new InputError(`unexpected argument ${positionals[maximumPositionals]}`, {
      remedy: 'files are named with -f; see --help',
    })
  }
  return { values, positionals }
}

/** Not strict: what parseArgs itself says about a mistake does not help people. */
const tokensOf = (args: readonly string[], flags: Flags) =>
  parseArgs({
    args: [...args],
    options: Object.fromEntries(
      Object.entries(flags).map(([name, { type, short }]) => [
        name,
        { type, ...(short === undefined ? {} : { short }) },
      ]),
    ),
    strict: false,
    allowPositionals: true,
    tokens: true,
  }).tokens

/** The value of `-o` among the arguments, also where others of them are wrong. */
export function askedFormat(argv: readonly string[], flags: Flags): string | undefined {
  const tokens = tokensOf(withOptionalValues(argv), flags)
  return tokens.find((token): token is Option => token.kind === 'option' && token.name === 'output')?.value
}

/** Joins flags whose value may be left out with their value: `--dry-run`, `--dry-run server` → `--dry-run=server`. */
function withOptionalValues(argv: readonly string[]): string[] {
  const joined: string[] = []
  for (let index = 0; index < argv.length; index += 1) {
    const argument = argv[index] ?? ''
    if (argument === '--') return [...joined, ...argv.slice(index)]
    const optional = OPTIONAL_VALUES.get(argument)
    const next = argv[index + 1]
    if (optional === undefined) joined.push(argument)
    else if (next !== undefined && optional.words.includes(next)) {
      joined.push(`${argument}=${next}`)
      index += 1
    } else joined.push(`${argument}=${optional.absent}`)
  }
  return joined
}

function readOption(token: Option, flags: Flags): { name: string; flag: Flag; value: string | boolean } {
  const { rawName } = token
  const positive = token.name.replace(/^no-/, '')
  const isNegative = !Object.hasOwn(flags, token.name) && positive !== token.name
  const name = isNegative ? positive : token.name
  const flag = Object.hasOwn(flags, name) ? flags[name] : undefined
  if (flag === undefined || (isNegative && flag.type !== 'boolean')) throw unknownFlag(rawName, name, flags)
  if (flag.type === 'boolean') {
    if (token.value !== undefined) {
      throw new InputError(`${rawName} takes no value`, { remedy: `write ${rawName} alone, or leave it out` })
    }
    return { name, flag, value: !isNegative }
  }
  const { value, inlineValue } = token
  if (value === undefined || (!inlineValue && /^-./.test(value))) {
    throw new InputError(`${rawName} needs a value`, {
      remedy: `write ${rawName} ${flag.value ?? 'VALUE'}; see --help`,
    })
  }
  if (value === '') {
    throw new InputError(`${rawName} has an empty value`, { remedy: `give it one, or leave ${rawName} out` })
  }
  return { name, flag, value }
}

function unknownFlag(rawName: string, name: string, flags: Flags): InputError {
  const suggestion = rawName.startsWith('--') ? closest(name, Object.keys(flags)) : undefined
  return new InputError(`unknown flag ${rawName}`, {
    remedy: suggestion === undefined ? 'see --help' : `did you mean --${suggestion}?`,
  })
}
