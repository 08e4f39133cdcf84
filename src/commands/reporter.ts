import type { Reporter } from '../report/event.ts'
import { openFormat, parseFormat } from '../report/format.ts'
import type { CommandContext, FlagValues } from './command.ts'

/**
 * The reporter that `-o` names.
 * @param kind `ApplyReport`, `DiffReport`, `DeleteReport` …
 * @throws InputError
 */
export async function openReporter(values: FlagValues, context: CommandContext, kind: string): Promise<Reporter> {
  return openFormat(parseFormat(values['output'], kind), kind, context.output, {
    quiet: values['quiet'] === true,
    progress: values['progress'] !== false,
    verbose: values['verbose'] === true,
    now: context.now,
    stepSummary: context.environment['GITHUB_STEP_SUMMARY'],
  })
}
