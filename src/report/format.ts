import { InputError } from '../api/input-error.ts'
import type { ExitCode } from '../api/exit-code.ts'
import type { ErrorLines } from './error-lines.ts'
import type { Reporter } from './event.ts'
import type { Output } from './output.ts'
import type { ReportOptions } from './report-options.ts'

/** What `-o` can ask for. */
export const FORMATS = ['human', 'json', 'jsonl', 'yaml', 'name', 'diff', 'markdown', 'github', 'junit'] as const

/** Format of a report. */
export type Format = (typeof FORMATS)[number]

/** Formats of the reports that have not all of them. */
const SUPPORTED: Readonly<Record<string, readonly Format[]>> = {
  DiffReport: FORMATS,
  ApplyReport: FORMATS,
  StatusReport: ['human', 'json'],
  SynthReport: ['human', 'json'],
}

/** Formats of every other report: there is something done to objects, and no plan worth comparing. */
const USUAL: readonly Format[] = ['human', 'json', 'jsonl', 'yaml', 'name']

/** The formats of a report. @param kind `ApplyReport`, `StatusReport` … */
export function formatsOf(kind: string): readonly Format[] {
  return SUPPORTED[kind] ?? USUAL
}

/**
 * The format that a value of `-o` names; `human` where there is none.
 * @throws InputError where there is no such format, or not for this report
 */
export function parseFormat(value: unknown, kind: string): Format {
  if (value === undefined) return 'human'
  const [format, possible] = [FORMATS.find((name) => name === value), formatsOf(kind)]
  if (format !== undefined && possible.includes(format)) return format
  const command = kind.replace(/Report$/, '').toLowerCase()
  throw new InputError(
    format === undefined ? `-o ${value as string} is not a format` : `${command} has no -o ${format}`,
    {
      remedy: `use -o ${possible.slice(0, -1).join(', ')} or ${possible.at(-1) ?? ''}`,
    },
  )
}

/** Whether a format compares whole documents, which a plan holds only where somebody asks for them. */
export function needsDocuments(format: unknown): boolean {
  return format === 'diff' || format === 'markdown'
}

/** Opens the reporter of a format; what only one format needs is loaded with it. */
// oxlint-disable-next-line typescript/consistent-return -- the compiler proves that the switch is exhaustive
export async function openFormat(
  format: Format,
  kind: string,
  output: Output,
  options: ReportOptions,
): Promise<Reporter> {
  switch (format) {
    case 'human':
      return new (await import('./human.ts')).HumanReporter(output, options)
    case 'json':
      return new (await import('./json.ts')).JsonReporter(output, kind)
    case 'jsonl':
      return new (await import('./json-lines.ts')).JsonLinesReporter(output, kind, options.now)
    case 'yaml':
      return new (await import('./yaml.ts')).YamlReporter(output, kind)
    case 'name':
      return new (await import('./name.ts')).NameReporter(output)
    case 'diff':
      return new (await import('./unified-diff.ts')).UnifiedDiffReporter(output, options.now)
    case 'markdown':
      return new (await import('./markdown.ts')).MarkdownReporter(output, kind, options.now)
    case 'github':
      return new (await import('./github.ts')).GithubReporter(output, kind, options)
    case 'junit':
      return new (await import('./junit.ts')).JunitReporter(output, kind, options.now)
  }
}

/**
 * What stands on standard output of a run that ended before its report was opened, such as one with a wrong flag: valid
 * in the format that was asked for, empty where that is none.
 * @param asked value of `-o`, as it was given
 * @param kind `ApplyReport`, `DiffReport`, `DeleteReport`, `StatusReport`, `SynthReport`
 */
export async function formatFailedReport(
  asked: unknown,
  kind: string,
  error: ErrorLines,
  exitCode: ExitCode,
  now: () => number,
): Promise<string> {
  const format = formatsOf(kind).find((name) => name === asked)
  if (format === undefined || format === 'human') return ''
  let text = ''
  const plain = (_style: unknown, styled: string): string => styled
  const output: Output = {
    data: (written) => {
      text += written
    },
    // The caller tells people.
    message: () => undefined,
    terminal: false,
    columns: 80,
    style: plain,
    dataStyle: plain,
  }
  const reporter = await openFormat(format, kind, output, { quiet: true, progress: false, verbose: false, now })
  reporter.report({ type: 'aborted', ...error, exitCode })
  reporter.close()
  return text
}
