import { appendFileSync, statSync } from 'node:fs'
import { formatObject } from '../api/object.ts'
import { PAST_TENSE } from './actions.ts'
import type { Event, Reporter } from './event.ts'
import { formatCount } from './figures.ts'
import type { ReportOptions } from './report-options.ts'
import { formatMarkdown } from './markdown.ts'
import type { Output } from './output.ts'
import { formatPlan } from './plan-line.ts'
import { formatListing } from './plan-listing.ts'
import { FactCollector } from './run-facts.ts'
import { formatSummary } from './summary-line.ts'
import { annotation, plainLine } from './workflow-command.ts'

/** Largest summary of a step, in bytes. */
const LARGEST_SUMMARY = 1_048_576

/**
 * Prints the log of a job on GitHub: the plan in a group that opens, problems as annotations of the file and line that
 * they come from; and appends a table to the summary of the step.
 */
export class GithubReporter implements Reporter {
  readonly #output: Output
  readonly #kind: string
  readonly #options: ReportOptions
  readonly #collector = new FactCollector()

  /** @param kind `ApplyReport`, `DiffReport` */
  constructor(output: Output, kind: string, options: ReportOptions) {
    this.#output = output
    this.#kind = kind
    this.#options = options
  }

  report(event: Event): void {
    this.#collector.add(event)
    switch (event.type) {
      case 'started':
        this.#line(
          `context ${event.context} (${event.server}) · namespace ${event.namespace} · ${formatCount(event.objects, 'object')} from ${event.source}`,
        )
        break
      case 'warning':
        this.#annotate('warning', 'cdk8s-database', undefined, event.message)
        break
      case 'planned': {
        const options = { everything: event.showDifferences, now: this.#options.now() }
        this.#output.data(`::group::plan: ${plainLine(formatPlan(event.changes))}\n`)
        for (const line of formatListing(event.changes, this.#output.dataStyle, options)) this.#line(line)
        this.#output.data('::endgroup::\n')
        for (const { object, action, impact, source } of event.changes) {
          if (impact === 'restart' || impact === 'irreversible' || impact === 'refused')
            this.#annotate('warning', `impact: ${impact}`, source, `${action} ${formatObject(object)}`)
        }
        break
      }
      case 'applied':
        this.#line(`${PAST_TENSE[event.action]} ${formatObject(event.object)}`)
        break
      case 'transition':
        this.#line(
          `STATE TRANSITION: ${event.from ?? '(new)'} -> ${event.to}  database=${event.database} reason=${event.reason} ${event.message}`,
        )
        break
      case 'waiting':
        this.#line(`${event.database} ${event.phase}: ${event.reason} ${event.message}`)
        break
      case 'awaited':
        this.#line(`${formatObject(event.object)}: ${event.word}: ${event.reason} ${event.message}`)
        break
      case 'ready':
        this.#line(`ready: Database ${event.database} · ${event.endpoint}`)
        break
      case 'failed':
        this.#annotate(
          'error',
          `${event.subject}: ${event.reason}`,
          event.where,
          `${event.message}\ntry: ${event.remedy}`,
        )
        break
      case 'aborted':
        this.#annotate('error', 'cdk8s-database', event.where, [event.what, event.remedy ?? ''].join('\n').trim())
        break
      case 'finished':
        this.#line(formatSummary(event.summary))
        break
    }
  }

  close(): void {
    const { stepSummary, now } = this.#options
    if (stepSummary === undefined || stepSummary === '') return
    try {
      const used = statSync(stepSummary, { throwIfNoEntry: false })?.size ?? 0
      const limit = { longest: LARGEST_SUMMARY - used, sizeOf: (text: string) => Buffer.byteLength(text) }
      const text = formatMarkdown(this.#kind, this.#collector.facts(), now(), limit)
      if (limit.sizeOf(text) <= limit.longest) appendFileSync(stepSummary, text)
    } catch (error) {
      // The summary is a copy: a run does not fail for it.
      const reason = error instanceof Error ? error.message : String(error)
      this.#annotate('warning', 'step summary', undefined, `the summary could not be written: ${reason}`)
    }
  }

  #line(text: string): void {
    this.#output.data(`${plainLine(text)}\n`)
  }

  #annotate(level: 'error' | 'warning', title: string, where: string | undefined, message: string): void {
    this.#output.data(`${annotation(level, { title, where }, message)}\n`)
  }
}
