import { parseArgs } from 'node:util'
import { InputError } from '../api/input-error.ts'
import { closest } from '../api/closest.ts'
import type { FlagValues } from './command.ts'
import type { Flags } from './flags.ts'

/** Flags whose value may be left out, and what is meant then. */
const OPTIONAL_VALUES: Readonly<Record<string, string>> = { 'dry-run': 'server' }

/**
 * Parses the arguments of a command.
 * @throws InputError naming the flag, with a suggestion where one is near
 */
export function parseArguments(
  argv: readonly string[],
  flags: Flags,
  maximumPositionals: number,
): { values: FlagValues; positionals: readonly string[] } {
  const args = argv.map((argument) => {
    const optional = OPTIONAL_VALUES[argument.replace(/^--/, '')]
    return argument.startsWith('--') && optional !== undefined ? `${argument}=${optional}` : argument
  })
  refuseUnknown(args, flags)
  refuseRepeated(args, flags)
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: Object.fromEntries(
        Object.entries(flags).map(([name, { type, short, multiple }]) => [
          name,
          { type, ...(short === undefined ? {} : { short }), ...(multiple === undefined ? {} : { multiple }) },
        ]),
      ),
      allowPositionals: true,
      allowNegative: true,
    })
    if (positionals.length > maximumPositionals) {
      throw new InputError(`unexpected argument ${positionals[maximumPositionals]}`, {
        remedy: 'files are named with -f; see --help',
      })
    }
    for (const [name, value] of Object.entries(values)) {
      if (value === '')
        throw new InputError(`--${name} has an empty value`, { remedy: `give it one, or leave --${name} out` })
    }
    return { values: values as FlagValues, positionals }
  } catch (error) {
    if (error instanceof InputError) throw error
    const message = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)
    throw new InputError(message.replace(/\. .*$/, '').replace(/^Option /, ''), { remedy: 'see --help', cause: error })
  }
}

function refuseUnknown(args: readonly string[], flags: Flags): void {
  const names = Object.keys(flags)
  for (const argument of beforeTerminator(args)) {
    const name = /^--(?:no-)?([^=]+)/.exec(argument)?.[1]
    if (name === undefined || name in flags || argument.slice(2).split('=')[0]! in flags) continue
    const suggestion = closest(name, names)
    throw new InputError(`unknown flag --${name}`, {
      remedy: suggestion === undefined ? 'see --help' : `did you mean --${suggestion}?`,
    })
  }
}

function refuseRepeated(args: readonly string[], flags: Flags): void {
  const seen = new Set<string>()
  for (const argument of beforeTerminator(args)) {
    const name = /^--([^=]+)/.exec(argument)?.[1]
    if (name === undefined || flags[name] === undefined || flags[name].multiple === true) continue
    if (seen.has(name)) throw new InputError(`--${name} is given twice`, { remedy: 'keep one of them' })
    seen.add(name)
  }
}

function beforeTerminator(args: readonly string[]): readonly string[] {
  const end = args.indexOf('--')
  return end === -1 ? args : args.slice(0, end)
}
