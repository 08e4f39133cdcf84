import { REPORT_API_VERSION } from './report-version.ts'
import type { Event, PlannedChange, Reporter, Summary } from './event.ts'
import type { Output } from './output.ts'

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
  readonly #failures: object[] = []
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
        const { type: _, ...facts } = event
        this.#failures.push(facts)
        break
      }
      case 'aborted': {
        const { type: _, ...facts } = event
        this.#failures.push(facts)
        this.#exitCode = event.exitCode
        break
      }
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
      apiVersion: REPORT_API_VERSION,
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
    this.#output.data(`${JSON.stringify(document, null, 2)}\n`)
  }
}
