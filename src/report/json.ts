import type { Output } from './output.ts'
import { DocumentReporter, reportDocument } from './run-facts.ts'

/**
 * Collects the facts of a run into one JSON document on standard output, also when the run fails. Messages for people
 * still go to standard error.
 */
export class JsonReporter extends DocumentReporter {
  /** @param kind `ApplyReport`, `DiffReport`, `DeleteReport` */
  constructor(output: Output, kind: string) {
    super(output, (facts) => `${JSON.stringify(reportDocument(kind, facts), null, 2)}\n`)
  }
}
