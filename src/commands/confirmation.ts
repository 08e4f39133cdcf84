import type { Confirm } from '../applier/consent.ts'
import type { CommandContext, FlagValues } from './command.ts'

/**
 * How a command asks before it does what cannot be undone: `--yes` is the answer, a person on a terminal is asked, and
 * everybody else has said no.
 */
export function confirmation(values: FlagValues, { ask }: Pick<CommandContext, 'ask'>): Confirm {
  if (values['yes'] === true) return () => Promise.resolve(true)
  if (ask === undefined) return () => Promise.resolve(false)
  return async (question) => /^\s*y(?:es)?\s*$/i.test(await ask(`${question} [y/N] `))
}
