import type { ExitCode } from '../api/exit-code.ts'
import { errorLines, exitCodeOf, formatError } from '../report/error-lines.ts'
import { asksForJson, parseArguments } from './arguments.ts'
import type { Command, CommandContext } from './command.ts'

/**
 * Parses the arguments and runs the command; whatever it throws becomes three lines and an exit code, and with
 * `-o json` also the one document on standard output.
 */
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
    const exitCode = exitCodeOf(error, context.signal)
    if (asksForJson(argv, command.flags)) {
      const { formatFailedReport } = await import('../report/json.ts')
      context.output.data(formatFailedReport(reportKind(command), errorLines(error), exitCode))
    }
    context.output.message(formatError(errorLines(error)))
    if (verbose && error instanceof Error) context.output.message(`${error.stack ?? ''}\n`)
    return exitCode
  }
}

/** `ApplyReport` of the command whose usage begins with `apply`. */
function reportKind({ usage }: Command): string {
  const name = usage.split(' ', 1)[0] ?? ''
  return `${name.charAt(0).toUpperCase()}${name.slice(1)}Report`
}
