import { formatObject } from '../api/object.ts'
import type { FieldDifference } from '../plan/difference.ts'
import { formatError } from './error-lines.ts'
import type { Action, Event, PlannedChange, Reporter, Summary } from './event.ts'
import { LiveLine } from './live-line.ts'
import type { Output, Style } from './output.ts'
import { printable, printableLine } from './printable.ts'

const SYMBOLS: Readonly<Record<Action, { symbol: string; style: Style }>> = {
  create: { symbol: '+', style: 'green' },
  update: { symbol: '~', style: 'yellow' },
  delete: { symbol: '-', style: 'red' },
  unchanged: { symbol: '=', style: 'dim' },
  keep: { symbol: '=', style: 'cyan' },
  conflict: { symbol: '!', style: 'red' },
  refused: { symbol: '!', style: 'red' },
}

/** How long a value may get on one line of a difference. */
const VALUE_LENGTH = 160

/** How facts are printed for people. */
export interface HumanReporterOptions {
  /** Only results and errors. */
  readonly quiet: boolean
  /** Whether a terminal gets a live line. */
  readonly progress: boolean
  readonly now: () => number
}

/** Prints facts for people, as they happen: results on standard output, progress and errors on standard error. */
export class HumanReporter implements Reporter {
  readonly #output: Output
  readonly #quiet: boolean
  readonly #now: () => number
  readonly #live: LiveLine | undefined

  /** @param options.now milliseconds since the epoch, for the time of day in progress lines */
  constructor(output: Output, options: HumanReporterOptions) {
    this.#output = output
    this.#quiet = options.quiet
    this.#now = options.now
    this.#live = output.terminal && !options.quiet && options.progress ? new LiveLine(output, options.now) : undefined
  }

  report(event: Event): void {
    this.#live?.clear()
    switch (event.type) {
      case 'started':
        this.#progress(
          `context ${event.context} (${event.server}) · namespace ${event.namespace} · ${count(event.objects, 'object')} from ${event.source} · manager ${event.manager}`,
        )
        break
      case 'warning':
        this.#output.message(`${this.#output.style('yellow', 'warning:')} ${printableLine(event.message)}\n`)
        break
      case 'planned':
        this.#plan(event.changes, event.showDifferences)
        break
      case 'applied':
        this.#progress(
          `  ${mark(event.action, this.#output.style)} ${pastTense(event.action)} ${formatObject(event.object)}`,
        )
        break
      case 'transition':
        this.#progress(
          `${this.#time()} STATE TRANSITION: ${event.from ?? '(new)'} -> ${this.#output.style('bold', event.to)}  database=${event.database} reason=${event.reason}${detail(event.message)}`,
        )
        break
      case 'waiting':
        this.#waiting(`${event.phase}: ${event.reason}${detail(event.message)}`)
        break
      case 'ready':
        this.#output.data(
          `ready: Database ${event.database} · ${event.endpoint} · Secret ${event.secretName}${event.verified ? '' : ' · not verified (no login was made)'}\n`,
        )
        break
      case 'failed':
        this.#output.message(
          formatError({
            what: `${event.subject}: ${event.reason}: ${event.message}`,
            where: event.where,
            remedy: event.remedy,
          }),
        )
        break
      case 'aborted':
        this.#output.message(formatError(event))
        break
      case 'finished':
        this.#output.data(`${formatSummary(event.summary)}\n`)
        break
    }
  }

  close(): void {
    this.#live?.clear()
  }

  /** On a terminal a wait is one line that is written over; elsewhere each reason is a line of its own. */
  #waiting(text: string): void {
    if (this.#live === undefined) this.#progress(`${this.#time()}   ${text}`)
    else this.#live.show(text)
  }

  #plan(changes: readonly PlannedChange[], showDifferences: boolean): void {
    for (const change of changes) {
      if (change.action === 'unchanged' && !showDifferences && this.#quiet) continue
      if (change.action === 'unchanged') continue
      const source = change.source === undefined ? '' : `  ${this.#output.dataStyle('dim', change.source)}`
      const note = change.note === undefined ? '' : `  ${printableLine(change.note)}`
      this.#output.data(
        `  ${mark(change.action, this.#output.dataStyle)} ${change.action.padEnd(9)} ${formatObject(change.object)}${source}${note}\n`,
      )
      if (showDifferences || change.action === 'update') {
        for (const line of formatDifferences(change.differences)) this.#output.data(`      ${printable(line)}\n`)
      }
    }
    this.#output.data(`plan: ${formatPlan(changes)}\n`)
  }

  #time(): string {
    return this.#output.style('dim', new Date(this.#now()).toISOString().slice(11, 19))
  }

  #progress(line: string): void {
    if (!this.#quiet) this.#output.message(`${line}\n`)
  }
}

function mark(action: Action, styled: Output['style']): string {
  const { symbol, style } = SYMBOLS[action]
  return styled(style, symbol)
}

/** What follows a reason, where there is something to say. */
const detail = (message: string): string => (message === '' ? '' : ` · ${printableLine(message)}`)

const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`

function pastTense(action: Action): string {
  return {
    create: 'created',
    update: 'updated',
    delete: 'deleted',
    unchanged: 'unchanged',
    keep: 'kept',
    conflict: 'in conflict',
    refused: 'refused',
  }[action]
}

/** `9 create, 0 update, …`, without what does not occur apart from the three that everybody looks for. */
export function formatPlan(changes: readonly PlannedChange[]): string {
  const numberOf = (action: Action): number => changes.filter((change) => change.action === action).length
  const rare: Action[] = ['keep', 'conflict', 'refused']
  return [
    ...(['create', 'update', 'delete', 'unchanged'] as const).map((action) => `${numberOf(action)} ${action}`),
    ...rare.filter((action) => numberOf(action) > 0).map((action) => `${numberOf(action)} ${action}`),
  ].join(', ')
}

/** The lines of a field's difference: its path, what stands there, what will. Of long texts only the lines that differ. */
export function formatDifferences(found: readonly FieldDifference[]): string[] {
  return found.flatMap(({ path, before, after }) => {
    const texts = isText(before) && isText(after) ? changedLines(before, after) : undefined
    if (texts !== undefined)
      return [path, ...texts.removed.map((line) => `  - ${line}`), ...texts.added.map((line) => `  + ${line}`)]
    return [
      path,
      ...(before === undefined ? [] : [`  - ${formatValue(before)}`]),
      ...(after === undefined ? [] : [`  + ${formatValue(after)}`]),
    ]
  })
}

const isText = (value: unknown): value is string => typeof value === 'string' && value.includes('\n')

/** The lines between what two texts have in common at their beginning and at their end. */
function changedLines(before: string, after: string): { removed: string[]; added: string[] } {
  const [left, right] = [before.split('\n'), after.split('\n')]
  let head = 0
  while (head < left.length && head < right.length && left[head] === right[head]) head += 1
  let tail = 0
  while (tail < left.length - head && tail < right.length - head && left.at(-1 - tail) === right.at(-1 - tail))
    tail += 1
  return { removed: left.slice(head, left.length - tail), added: right.slice(head, right.length - tail) }
}

function formatValue(value: unknown): string {
  const text = typeof value === 'string' && !value.includes('\n') ? value : JSON.stringify(value)
  return text.length > VALUE_LENGTH ? `${text.slice(0, VALUE_LENGTH)}… (${text.length} characters)` : text
}

/** The last line of a run: what was done, and what it cost. */
export function formatSummary({
  created,
  updated,
  deleted,
  unchanged,
  kept,
  failed,
  pending,
  requests,
  seconds,
}: Summary): string {
  const done = [
    ...(pending > 0 ? [`${pending} would change`] : []),
    ...(created > 0 ? [`${created} created`] : []),
    ...(updated > 0 ? [`${updated} updated`] : []),
    ...(deleted > 0 ? [`${deleted} deleted`] : []),
    ...(unchanged > 0 ? [`${unchanged} unchanged`] : []),
    ...(kept > 0 ? [`${kept} kept`] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
  ]
  const nothing = created + updated + deleted + failed + pending === 0 ? ['no changes'] : []
  return [
    ...nothing,
    ...done,
    count(requests.reads, 'read'),
    count(requests.dryRuns, 'dry run'),
    count(requests.writes, 'write'),
    `${seconds.toFixed(1)} s`,
  ].join(' · ')
}
