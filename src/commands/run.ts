import type { ExitCode } from '../api/exit-code.ts'
import { errorLines, exitCodeOf, formatError } from '../report/error-lines.ts'
import { parseArguments } from './arguments.ts'
import type { Command, CommandContext } from './command.ts'

/** Parses the arguments and runs the command; whatever it throws becomes three lines and an exit code. */
export async function runCommand(
  command: Command,
  argv: readonly string[],
  openContext: (color: unknown) => Promise<CommandContext>,
): Promise<ExitCode> {
  let context = await openContext(undefined)
  const verbose = argv.includes('-v') || argv.includes('--verbose')
  try {
    const { values, positionals } = parseArguments(argv, command.flags, command.positionals)
    context = await openContext(values['color'])
    return await command.run(values, positionals, context)
  } catch (error) {
    context.output.message(formatError(errorLines(error)))
    if (verbose && error instanceof Error) context.output.message(`${error.stack ?? ''}\n`)
    return exitCodeOf(error, context.signal)
  }
}
