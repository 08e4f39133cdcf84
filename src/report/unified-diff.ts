import { FILE_HEADERS_ONLY, createTwoFilesPatch } from 'diff'
import { formatObject } from '../api/object.ts'
import type { PlannedChange } from '../plan/planned-change.ts'
import { SYMBOLS, isChanged } from './actions.ts'
import { formatFields } from './difference-lines.ts'
import type { Event, Reporter } from './event.ts'
import { printTrouble } from './messages.ts'
import type { Output, Style } from './output.ts'
import { printable, printableLine } from './printable.ts'
import { formatSortedYaml } from './yaml.ts'

/** Longest time to look for the shortest comparison of two documents, in milliseconds. */
const LONGEST_COMPARISON_MS = 500

/** Prints every changed object as a unified diff of YAML documents, which `patch` and every viewer can read. */
export class UnifiedDiffReporter implements Reporter {
  readonly #output: Output
  readonly #now: () => number

  /** @param now milliseconds since the epoch */
  constructor(output: Output, now: () => number) {
    this.#output = output
    this.#now = now
  }

  report(event: Event): void {
    printTrouble(event, this.#output)
    if (event.type !== 'planned') return
    for (const change of event.changes.filter(isChanged)) {
      const lines = formatUnifiedDiff(change, this.#now()).map((line) => colour(line, this.#output.dataStyle))
      this.#output.data(`${lines.join('\n')}\n`)
    }
  }

  close(): void {
    // Every change has been printed with the plan.
  }
}

/**
 * The lines of one change: what it is as a comment, then the documents. Where they are not at hand, the fields stand in
 * the comment.
 */
export function formatUnifiedDiff(change: PlannedChange, now: number): string[] {
  const { action, object, impact, note, documents } = change
  const title = [
    `# ${SYMBOLS[action].symbol} ${action} ${formatObject(object)}`,
    ...(impact === undefined || impact === 'none' ? [] : [`impact ${impact}`]),
    ...(note === undefined ? [] : [printableLine(note)]),
  ].join(' · ')
  if (documents === undefined) {
    return [title, ...formatFields(change, now).map((line) => `#   ${printable(line)}`)]
  }
  const taken = formatFields({ ...change, differences: [] }, now)
  return [title, ...taken.map((line) => `#   ${printable(line)}`), ...compareDocuments(change, documents)]
}

function compareDocuments(
  { object }: PlannedChange,
  { before, after }: NonNullable<PlannedChange['documents']>,
): string[] {
  const { apiVersion, kind, namespace, name } = object
  const file = [apiVersion.replace('/', '.'), kind, ...(namespace === undefined ? [] : [namespace]), name].join('.')
  const [left, right] = [textOf(before), textOf(after)]
  const options = { context: 3, timeout: LONGEST_COMPARISON_MS, headerOptions: FILE_HEADERS_ONLY }
  const patch = createTwoFilesPatch(`LIVE/${file}`, `MERGED/${file}`, left, right, undefined, undefined, options)
  return (patch ?? replaceAll(file, left, right)).trimEnd().split('\n')
}

const textOf = (document: object | undefined): string => (document === undefined ? '' : formatSortedYaml(document))

/** Everything goes and everything comes: for documents that have too little in common. */
function replaceAll(file: string, left: string, right: string): string {
  const lines = (text: string, sign: string): string[] =>
    text === ''
      ? []
      : text
          .trimEnd()
          .split('\n')
          .map((line) => `${sign}${line}`)
  const [removed, added] = [lines(left, '-'), lines(right, '+')]
  const range = (count: number): string => `${count === 0 ? 0 : 1},${count}`
  const hunk = `@@ -${range(removed.length)} +${range(added.length)} @@`
  return [`--- LIVE/${file}`, `+++ MERGED/${file}`, hunk, ...removed, ...added].join('\n')
}

function colour(line: string, style: Output['dataStyle']): string {
  const found = COLOURS.find(([start]) => line.startsWith(start))
  return found === undefined ? line : style(found[1], line)
}

const COLOURS: readonly (readonly [start: string, style: Style])[] = [
  ['---', 'bold'],
  ['+++', 'bold'],
  ['-', 'red'],
  ['+', 'green'],
  ['@@', 'cyan'],
  ['#', 'dim'],
]
