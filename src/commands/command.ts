import type { ExitCode } from '../api/exit-code.ts'
import type { Output } from '../report/output.ts'
import type { Flags } from './flags.ts'

/** What a command may use of the world around it. */
export interface CommandContext {
  readonly output: Output
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Home directory of the user. */
  readonly home: string
  /** Working directory. */
  readonly directory: string
  /** Reads all of standard input. */
  readonly standardInput: () => string
  /** Asks a person and returns the answer; absent where there is no terminal to ask on. */
  readonly ask?: (question: string) => Promise<string>
  /** Aborted by SIGINT and SIGTERM. */
  readonly signal: AbortSignal
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/** Values of the flags that were given. */
export type FlagValues = Readonly<Record<string, string | boolean | readonly string[] | undefined>>

/** One command: what it is called, what it takes, what it does. */
export interface Command {
  /** One line for the list of commands. */
  readonly summary: string
  /** How it is called, without the program's name. */
  readonly usage: string
  readonly flags: Flags
  /** Positional arguments that are taken at most. */
  readonly positionals: number
  /** @throws InputError and the errors of cluster/, which the caller turns into three lines and an exit code */
  run(values: FlagValues, positionals: readonly string[], context: CommandContext): Promise<ExitCode>
}
