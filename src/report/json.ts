import type { ExitCode } from '../api/exit-code.ts'
import { REPORT_API_VERSION } from './report-version.ts'
import type { ErrorLines } from './error-lines.ts'
import type { Event, Reporter, Summary } from './event.ts'
import type { PlannedChange } from '../plan/planned-change.ts'
import type { Output } from './output.ts'

/** One entry of `failures`: the same fields in every report, whatever failed. */
interface Failure {
  /** What failed: `Database shop/orders`. Absent where the run as a whole did. */
  readonly subject?: string
  /** One CamelCase word. */
  readonly reason?: string
  readonly message: string
  /** Manifest and line, file, flag. */
  readonly where?: string | undefined
  /** What to do next. */
  readonly remedy?: string | undefined
  readonly exitCode: ExitCode
}

const failureOf = ({ what, where, remedy }: ErrorLines, exitCode: ExitCode): Failure => ({
  message: what,
  where,
  remedy,
  exitCode,
})

/** Lists that a report holds also where there is nothing to list, so that `.changes[]` of jq does not fail. */
const EMPTY_LISTS: Readonly<Record<string, object>> = {
  StatusReport: { databases: [] },
  SynthReport: { files: [], changes: [] },
}

/**
 * The document of a run that ended before it had anything to report.
 * @param kind `ApplyReport`, `DiffReport`, `DeleteReport`, `StatusReport`, `SynthReport`
 */
export function formatFailedReport(kind: string, error: ErrorLines, exitCode: ExitCode): string {
  const lists = EMPTY_LISTS[kind] ?? { changes: [], transitions: [], databases: [], warnings: [], summary: null }
  return formatDocument({ kind, ...lists, failures: [failureOf(error, exitCode)], exitCode })
}

const formatDocument = (facts: object): string =>
  `${JSON.stringify({ apiVersion: REPORT_API_VERSION, ...facts }, null, 2)}\n`

/**
 * Collects the facts of a run into one JSON document on standard output, also when the run fails. Messages for people
 * still go to standard error.
 */
export class JsonReporter implements Reporter {
  readonly #output: Output
  readonly #kind: string
  #started: object = {}
  #changes: readonly PlannedChange[] = []
  #summary: Summary | undefined
  #exitCode: number | undefined
  readonly #databases = new Map<string, object>()
  readonly #transitions: object[] = []
  readonly #failures: Failure[] = []
  readonly #warnings: string[] = []

  /** @param kind `ApplyReport`, `DiffReport`, `DeleteReport` */
  constructor(output: Output, kind: string) {
    this.#output = output
    this.#kind = kind
  }

  report(event: Event): void {
    switch (event.type) {
      case 'started': {
        const { type: _, ...facts } = event
        this.#started = facts
        break
      }
      case 'planned':
        this.#changes = event.changes
        break
      case 'transition':
        this.#transitions.push({
          database: event.database,
          from: event.from ?? null,
          to: event.to,
          reason: event.reason,
        })
        break
      case 'ready': {
        const { type: _, ...facts } = event
        this.#databases.set(event.database, { ...facts, ready: true })
        break
      }
      case 'failed': {
        const { subject, reason, message, where, remedy, exitCode } = event
        this.#failures.push({ subject, reason, message, where, remedy, exitCode })
        // A refused run never finishes.
        this.#exitCode ??= exitCode
        break
      }
      case 'aborted':
        this.#failures.push(failureOf(event, event.exitCode))
        this.#exitCode = event.exitCode
        break
      case 'warning':
        this.#warnings.push(event.message)
        break
      case 'finished':
        this.#summary = event.summary
        this.#exitCode = event.exitCode
        break
      case 'applied':
      case 'waiting':
        break
    }
  }

  close(): void {
    const document = {
      kind: this.#kind,
      ...this.#started,
      changes: this.#changes,
      transitions: this.#transitions,
      databases: [...this.#databases.values()],
      failures: this.#failures,
      warnings: this.#warnings,
      summary: this.#summary ?? null,
      exitCode: this.#exitCode ?? null,
    }
    this.#output.data(formatDocument(document))
  }
}
