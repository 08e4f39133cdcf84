import { InputError } from '../api/input-error.ts'
import type { FlagValues } from './command.ts'
import type { Flags } from './flags.ts'

/** The flag of commands that can ask instead of act. */
export const DRY_RUN_FLAGS: Flags = {
  'dry-run': {
    type: 'string',
    value: 'WHERE',
    help: 'server: ask the server what would change, write nothing. Default: none.',
  },
}

/** Where a dry run is made. @throws InputError where the value names no place that can tell */
export function dryRunOf(values: FlagValues): 'none' | 'server' {
  const value = values['dry-run'] ?? 'none'
  if (value === 'none' || value === 'server') return value
  throw new InputError(`--dry-run=${value as string} is not possible`, {
    remedy: 'use --dry-run=server: only the server knows what an apply would do',
  })
}
