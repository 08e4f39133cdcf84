import { InputError } from '../api/input-error.ts'
import type { Reporter } from '../report/event.ts'
import type { CommandContext, FlagValues } from './command.ts'

/** The reporter that `-o` names. @throws InputError */
export async function openReporter(values: FlagValues, context: CommandContext, kind: string): Promise<Reporter> {
  const format = values['output'] ?? 'human'
  if (format === 'json') {
    const { JsonReporter } = await import('../report/json.ts')
    return new JsonReporter(context.output, kind)
  }
  if (format !== 'human')
    throw new InputError(`-o ${String(format)} is not a format`, { remedy: 'use -o human or -o json' })
  const { HumanReporter } = await import('../report/human.ts')
  return new HumanReporter(context.output, {
    quiet: values['quiet'] === true,
    progress: values['progress'] !== false,
    now: context.now,
  })
}
