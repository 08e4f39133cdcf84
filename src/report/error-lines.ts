import { EXIT } from '../api/exit-code.ts'
import type { ExitCode } from '../api/exit-code.ts'
import { printable } from './printable.ts'

/** An error as people see it: what, where, what to type next. */
export interface ErrorLines {
  readonly what: string
  readonly where?: string | undefined
  readonly remedy?: string | undefined
}

/** The three lines of an error; a line that has nothing to say is left out. */
export function formatError({ what, where, remedy }: ErrorLines): string {
  const lines = [`error: ${printable(what)}`]
  if (where !== undefined) lines.push(`   at: ${printable(where)}`)
  if (remedy !== undefined) lines.push(`  try: ${printable(remedy)}`)
  return `${lines.join('\n')}\n`
}

/** Errors that say what, where and what next by themselves: a `hint` or `remedy` beside the message. */
interface ExplainedError extends Error {
  readonly where?: string | undefined
  readonly remedy?: string | undefined
  readonly hint?: string | undefined
}

/** Errors that users cause or can mend; everything else that is thrown is a defect. */
const EXPLAINED: ReadonlySet<string> = new Set([
  'InputError',
  'KubeconfigError',
  'CredentialError',
  'ConnectionError',
  'RequestTimeoutError',
  'UnexpectedReplyError',
  'KindNotServedError',
  'ApiError',
])

/** What to do about errors that do not say it themselves. */
const REMEDIES: Readonly<Record<string, string>> = {
  KubeconfigError: 'pass --kubeconfig FILE or set KUBECONFIG',
  CredentialError: 'check the user of the kubeconfig context: kubectl auth whoami',
  ConnectionError: 'check that the API server of the context is running and reachable: kubectl cluster-info',
  RequestTimeoutError: 'check the API server, then run the same command again',
  UnexpectedReplyError: 'check the server address of the kubeconfig and any proxy in between',
  KindNotServedError: 'install the CustomResourceDefinition of that kind first',
  ApiError: 'mend what the server names, then run the same command again',
}

/** The lines of a thrown value. What is not one of our errors is a defect and says so. */
export function errorLines(error: unknown): ErrorLines {
  if (isExplained(error)) {
    return { what: error.message, where: error.where, remedy: error.remedy ?? error.hint ?? REMEDIES[error.name] }
  }
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  return { what: message, remedy: 'this is a defect in cdk8s-database: run again with -v and report what it prints' }
}

/** The exit code of a thrown value. */
export function exitCodeOf(error: unknown, interrupt: AbortSignal): ExitCode {
  if (interrupt.aborted) return EXIT.interrupted
  return isExplained(error) && error.name !== 'ApiError' ? EXIT.usage : EXIT.failed
}

function isExplained(error: unknown): error is ExplainedError {
  return error instanceof Error && EXPLAINED.has(error.name)
}
