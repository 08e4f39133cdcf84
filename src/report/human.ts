import { formatObject } from '../api/object.ts'
import type { PlannedChange } from '../plan/planned-change.ts'
import { PAST_TENSE, isChanged } from './actions.ts'
import { DatabaseProgress } from './database-progress.ts'
import { formatError } from './error-lines.ts'
import type { Event, Reporter } from './event.ts'
import { formatCount, formatNumber } from './figures.ts'
import { LiveLine } from './live-line.ts'
import type { Output } from './output.ts'
import { formatPlan } from './plan-line.ts'
import { LISTED_OBJECTS, formatListing, formatMark } from './plan-listing.ts'
import { printableLine } from './printable.ts'
import { formatSummary } from './summary-line.ts'

/** With more databases than this, progress is told in counters instead of one line per step of each. */
const FOLLOWED_DATABASES = 20

/** Failures that are told in full as they happen; the end names the others. */
const TOLD_FAILURES = 20

/** Shortest time between two lines of counters in a log, in milliseconds. */
const COUNTER_INTERVAL_MS = 10_000

/** How facts are printed for people. */
export interface HumanReporterOptions {
  /** Only results and errors. */
  readonly quiet: boolean
  /** Whether a terminal gets a live line. */
  readonly progress: boolean
  /** Every object and every step, however many there are. @default false */
  readonly verbose?: boolean
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/** Prints facts for people, as they happen: results on standard output, progress and errors on standard error. */
export class HumanReporter implements Reporter {
  readonly #output: Output
  readonly #options: HumanReporterOptions
  readonly #live: LiveLine | undefined
  readonly #databases = new DatabaseProgress()
  #changes: readonly PlannedChange[] = []
  #counted: number
  #applied = 0
  #toldFailures = 0

  constructor(output: Output, options: HumanReporterOptions) {
    this.#output = output
    this.#options = options
    this.#counted = options.now()
    this.#live = output.terminal && !options.quiet && options.progress ? new LiveLine(output, options.now) : undefined
  }

  report(event: Event): void {
    switch (event.type) {
      case 'started':
        this.#progress(
          `context ${event.context} (${event.server}) · namespace ${event.namespace} · ${formatCount(event.objects, 'object')} from ${event.source} · manager ${event.manager}`,
        )
        break
      case 'warning':
        this.#message(`${this.#output.style('yellow', 'warning:')} ${printableLine(event.message)}\n`)
        break
      case 'planned':
        this.#plan(event.changes, event.showDifferences)
        break
      case 'applied':
        this.#applied += 1
        if (this.#isMany()) this.#count()
        else
          this.#progress(
            `  ${formatMark(event.action, this.#output.style)} ${PAST_TENSE[event.action]} ${formatObject(event.object)}`,
          )
        break
      case 'transition':
        this.#databases.moved(event.database, event.to)
        if (this.#isMany()) this.#count()
        else
          this.#progress(
            `${this.#time()} STATE TRANSITION: ${event.from ?? '(new)'} -> ${this.#output.style('bold', event.to)}  database=${event.database} reason=${event.reason}${detail(event.message)}`,
          )
        break
      case 'waiting':
        if (!this.#isMany()) this.#waiting(`${event.phase}: ${event.reason}${detail(event.message)}`)
        break
      case 'awaited':
        if (!this.#isMany())
          this.#waiting(`${formatObject(event.object)}: ${event.word}: ${event.reason}${detail(event.message)}`)
        break
      case 'ready':
        this.#databases.ready(event.database)
        if (this.#isMany()) this.#count()
        else
          this.#data(
            `ready: Database ${event.database} · ${event.endpoint} · Secret ${event.secretName}${event.verified ? '' : ' · not verified (no login was made)'}\n`,
          )
        break
      case 'failed':
        this.#fail(event)
        break
      case 'aborted':
        this.#message(formatError(event))
        break
      case 'finished':
        this.#finish()
        this.#data(`${formatSummary(event.summary)}\n`)
        break
    }
  }

  close(): void {
    this.#live?.clear()
  }

  /** Whether there are too many databases to follow each, or too many objects to name each. */
  #isMany(): boolean {
    if (this.#options.verbose === true) return false
    return this.#databases.total > FOLLOWED_DATABASES || this.#changes.length > LISTED_OBJECTS
  }

  /** On a terminal the counters are one line that is written over; elsewhere a line now and then. */
  #count(): void {
    if (this.#live !== undefined) {
      this.#live.update(() => this.#counters())
      return
    }
    const now = this.#options.now()
    if (now - this.#counted < COUNTER_INTERVAL_MS) return
    this.#counted = now
    this.#progress(`${this.#time()} ${this.#counters()}`)
  }

  /** Goes through all databases: not to be made at each step of each. */
  #counters(): string {
    const applied = `${formatNumber(this.#applied)}/${formatNumber(this.#changes.length)} applied`
    return this.#databases.total === 0 ? `[${applied}]` : `${this.#databases.format()} · ${applied}`
  }

  /** On a terminal a wait is one line that is written over; elsewhere each reason is a line of its own. */
  #waiting(text: string): void {
    if (this.#live === undefined) this.#progress(`${this.#time()}   ${text}`)
    else this.#live.show(text)
  }

  #plan(changes: readonly PlannedChange[], showDifferences: boolean): void {
    this.#databases.planned(changes)
    this.#changes = changes.filter(isChanged)
    const everything = showDifferences || this.#options.verbose === true
    const lines = formatListing(changes, this.#output.dataStyle, { everything, now: this.#options.now() })
    this.#data(`${[...lines, `plan: ${formatPlan(changes)}`].join('\n')}\n`)
  }

  #fail(event: Extract<Event, { type: 'failed' }>): void {
    const { subject, reason, message, where, remedy } = event
    const isDatabase = this.#databases.failedBecause(subject, reason)
    this.#toldFailures += 1
    if (isDatabase && this.#isMany() && this.#toldFailures > TOLD_FAILURES) this.#count()
    else this.#message(formatError({ what: `${subject}: ${reason}: ${message}`, where, remedy }))
  }

  /** With one database its own line has said everything. */
  #finish(): void {
    if (this.#isMany() && this.#databases.judged > 0) this.#data(`${this.#databases.formatReady()}\n`)
    const failed = this.#databases.total > 1 ? this.#databases.formatFailed() : undefined
    if (failed !== undefined) this.#data(`${printableLine(failed)}\n`)
  }

  #time(): string {
    return this.#output.style('dim', new Date(this.#options.now()).toISOString().slice(11, 19))
  }

  #progress(line: string): void {
    if (!this.#options.quiet) this.#message(`${line}\n`)
  }

  #message(text: string): void {
    this.#live?.clear()
    this.#output.message(text)
  }

  #data(text: string): void {
    this.#live?.clear()
    this.#output.data(text)
  }
}

/** What follows a reason, where there is something to say. */
const detail = (message: string): string => (message === '' ? '' : ` · ${printableLine(message)}`)
