import type { CommandContext, FlagValues } from './command.ts'
import type { Flags } from './flags.ts'

/** Makes the command line of this run with one more flag. */
export type Rerun = (flag: string) => string

/**
 * The command line that was given, to be pasted with one more flag: as `npm run` where that started us.
 * @param name of the command
 */
export function rerunOf(
  name: string,
  flags: Flags,
  values: FlagValues,
  { environment }: Pick<CommandContext, 'environment'>,
): Rerun {
  const program = environment['npm_lifecycle_event'] === name ? `npm run ${name} --` : `cdk8s-database ${name}`
  const given = Object.entries(flags).flatMap(([flag, { short }]) => {
    const value = values[flag]
    const written = short === undefined ? `--${flag}` : `-${short}`
    if (value === undefined) return []
    if (typeof value === 'boolean') return [value ? written : `--no-${flag}`]
    const all = typeof value === 'string' ? [value] : value
    return all.map((one) => (short === undefined ? `--${flag}=${quoted(one)}` : `${written} ${quoted(one)}`))
  })
  return (flag) => [program, ...given.filter((one) => one !== flag), flag].join(' ')
}

/** As a shell reads it back. */
function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`
}
