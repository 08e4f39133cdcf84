import type { ExitCode } from '../api/exit-code.ts'
import type { PlannedChange } from '../plan/planned-change.ts'
import type { ErrorLines } from './error-lines.ts'
import type { Event, Reporter, Summary } from './event.ts'
import type { Output } from './output.ts'
import { REPORT_API_VERSION } from './report-version.ts'

/** One failure: the same fields in every report, whatever failed. */
export interface Failure {
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

/** Everything that a run reported. */
export interface RunFacts {
  /** Context, server, namespace … of the first line; absent where the run ended before it. */
  readonly started: Omit<Extract<Event, { type: 'started' }>, 'type'> | undefined
  readonly changes: readonly PlannedChange[]
  readonly transitions: readonly object[]
  readonly databases: readonly object[]
  readonly failures: readonly Failure[]
  readonly warnings: readonly string[]
  readonly summary: Summary | undefined
  readonly exitCode: ExitCode | undefined
}

/** Collects the facts of a run, for reports that are one piece. */
export class FactCollector {
  #started: RunFacts['started']
  #changes: readonly PlannedChange[] = []
  #summary: Summary | undefined
  #exitCode: ExitCode | undefined
  readonly #databases = new Map<string, object>()
  readonly #transitions: object[] = []
  readonly #failures: Failure[] = []
  readonly #warnings: string[] = []

  add(event: Event): void {
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
      case 'awaited':
        break
    }
  }

  /** What is known so far. */
  facts(): RunFacts {
    return {
      started: this.#started,
      changes: this.#changes,
      transitions: this.#transitions,
      databases: [...this.#databases.values()],
      failures: this.#failures,
      warnings: this.#warnings,
      summary: this.#summary,
      exitCode: this.#exitCode,
    }
  }
}

const failureOf = ({ what, where, remedy }: ErrorLines, exitCode: ExitCode): Failure => ({
  message: what,
  where,
  remedy,
  exitCode,
})

/** Prints one piece at the end of a run, whatever the end was. */
export class DocumentReporter implements Reporter {
  readonly #output: Output
  readonly #format: (facts: RunFacts) => string
  readonly #collector = new FactCollector()

  /** @param format makes the whole of standard output */
  constructor(output: Output, format: (facts: RunFacts) => string) {
    this.#output = output
    this.#format = format
  }

  report(event: Event): void {
    this.#collector.add(event)
  }

  close(): void {
    this.#output.data(this.#format(this.#collector.facts()))
  }
}

/** Lists that some reports hold instead of those of an apply, so that `.files[]` of jq does not fail. */
const OTHER_LISTS: Readonly<Record<string, object>> = {
  StatusReport: { databases: [] },
  SynthReport: { files: [], changes: [] },
}

/**
 * The facts as one document.
 * @param kind `ApplyReport`, `DiffReport`, `DeleteReport`, `StatusReport`, `SynthReport`
 */
export function reportDocument(kind: string, facts: RunFacts): object {
  const { started, changes, transitions, databases, failures, warnings, summary, exitCode } = facts
  const lists = OTHER_LISTS[kind] ?? {
    changes: changes.map(withoutDocuments),
    transitions,
    databases,
    warnings,
    summary: summary ?? null,
  }
  return {
    apiVersion: REPORT_API_VERSION,
    kind,
    ...started,
    ...lists,
    failures,
    exitCode: exitCode ?? null,
  }
}

/** A change without the texts that some formats compare. */
export function withoutDocuments(change: PlannedChange): Omit<PlannedChange, 'documents'> {
  const { documents: _, ...rest } = change
  return rest
}
