import type { ExitCode } from '../api/exit-code.ts'
import { errorLines, exitCodeOf, formatError } from '../report/error-lines.ts'
import { askedFormat, parseArguments } from './arguments.ts'
import type { Command, CommandContext } from './command.ts'

/**
 * Parses the arguments and runs the command; whatever it throws becomes three lines and an exit code, and
 * standard output stays valid in the format that `-o` names.
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
    const format = askedFormat(argv, command.flags)
    if (format !== undefined) {
      const { formatFailedReport } = await import('../report/format.ts')
      const report = await formatFailedReport(format, reportKind(command), errorLines(error), exitCode, context.now)
      context.output.data(report)
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
