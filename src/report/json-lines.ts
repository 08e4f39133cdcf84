import { formatTimestamp } from '../phases/timestamp.ts'
import type { Event, Reporter } from './event.ts'
import type { Output } from './output.ts'
import { REPORT_API_VERSION } from './report-version.ts'
import { withoutDocuments } from './run-facts.ts'

/**
 * Prints every fact as one line of JSON when it happens. A plan is one line of type `change` for each object and one of
 * type `planned` with the number of each action: a line is never as long as a plan.
 */
export class JsonLinesReporter implements Reporter {
  readonly #output: Output
  readonly #kind: string
  readonly #now: () => number

  /**
   * @param kind `ApplyReport`: its lines are of kind `ApplyEvent`
   * @param now milliseconds since the epoch
   */
  constructor(output: Output, kind: string, now: () => number) {
    this.#output = output
    this.#kind = kind.replace(/Report$/, 'Event')
    this.#now = now
  }

  report(event: Event): void {
    if (event.type !== 'planned') {
      this.#print(event)
      return
    }
    for (const change of event.changes) this.#print({ type: 'change', ...withoutDocuments(change) })
    const actions = Map.groupBy(event.changes, ({ action }) => action)
    this.#print({
      type: 'planned',
      ...Object.fromEntries([...actions].map(([action, changes]) => [action, changes.length])),
    })
  }

  close(): void {
    // Every fact has been printed already.
  }

  #print(facts: { readonly type: string }): void {
    const time = formatTimestamp(this.#now())
    this.#output.data(`${JSON.stringify({ apiVersion: REPORT_API_VERSION, kind: this.#kind, time, ...facts })}\n`)
  }
}
