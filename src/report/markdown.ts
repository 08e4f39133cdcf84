import { formatObject } from '../api/object.ts'
import type { PlannedChange } from '../plan/planned-change.ts'
import { ACTIONS, SYMBOLS, isChanged } from './actions.ts'
import { formatNumber } from './figures.ts'
import { codeBlock, inlineCode } from './markdown-text.ts'
import type { Output } from './output.ts'
import { formatPlan } from './plan-line.ts'
import { DocumentReporter } from './run-facts.ts'
import type { Failure, RunFacts } from './run-facts.ts'
import { formatSummary } from './summary-line.ts'
import { formatUnifiedDiff } from './unified-diff.ts'

/** Longest comment on a pull request, in characters. */
const LONGEST_COMMENT = 65_536

/** Lines of one object's difference that are shown. */
const SHOWN_LINES = 400

/** Kept free for the sentence that says what is left out. */
const ROOM_FOR_NOTE = 300

/** Prints a comment for a pull request: the counts, then each changed object behind a line that opens it. */
export class MarkdownReporter extends DocumentReporter {
  /** @param kind `ApplyReport`, `DiffReport` */
  constructor(output: Output, kind: string, now: () => number) {
    const limit = { longest: LONGEST_COMMENT, sizeOf: (text: string) => text.length }
    super(output, (facts) => formatMarkdown(kind, facts, now(), limit))
  }
}

/** How long the text may get. */
export interface Limit {
  readonly longest: number
  readonly sizeOf: (text: string) => number
}

/** The facts of a run as Markdown. The first line is a mark by which a comment is found and replaced. */
export function formatMarkdown(kind: string, facts: RunFacts, now: number, limit: Limit): string {
  const command = kind.replace(/Report$/, '').toLowerCase()
  const { started, changes, failures, warnings, summary } = facts
  const head = [
    `<!-- cdk8s-database ${command} -->`,
    `### cdk8s-database ${command}: ${headline(facts)}`,
    ...(started === undefined
      ? []
      : [
          `context ${inlineCode(started.context)} · namespace ${inlineCode(started.namespace)} · ${inlineCode(started.source)}`,
        ]),
    ...(changes.length === 0 ? [] : [countTable(changes)]),
    ...(changes.length === 0 ? [] : [`plan: ${formatPlan(changes)}`]),
  ]
  const tail = summary === undefined ? [] : [formatSummary(summary)]
  const blocks = [
    ...failures.map(formatFailure),
    ...warnings.map((warning) => `⚠️ ${inlineCode(warning)}`),
    ...changes.filter(isChanged).map((change) => formatDetails(change, now)),
  ]
  return joinWithin(limit, head, blocks, tail)
}

function headline({ changes, failures, summary }: RunFacts): string {
  if (failures.length > 0) return `${formatNumber(failures.length)} failed`
  const changed = changes.filter(isChanged).length
  if (changed === 0) return 'no changes'
  return `${formatNumber(changed)} of ${formatNumber(changes.length)} objects ${(summary?.pending ?? 0) > 0 ? 'would change' : 'changed'}`
}

function countTable(changes: readonly PlannedChange[]): string {
  const byAction = Map.groupBy(changes, ({ action }) => action)
  const rows = ACTIONS.flatMap((action) => {
    const members = byAction.get(action)
    if (members === undefined) return []
    const kinds = [...new Set(members.map(({ object }) => object.kind))].map((kind) => inlineCode(kind)).join(' ')
    return [`| ${SYMBOLS[action].symbol} ${action} | ${formatNumber(members.length)} | ${kinds} |`]
  })
  return ['| | objects | kinds |', '| :-- | --: | :-- |', ...rows].join('\n')
}

function formatFailure({ subject, reason, message, where, remedy }: Failure): string {
  const what = [subject, reason].filter((part) => part !== undefined).map((part) => inlineCode(part))
  return [
    `❌ ${[...what, inlineCode(message)].join(' ')}`,
    ...(where === undefined ? [] : [`at ${inlineCode(where)}`]),
    ...(remedy === undefined ? [] : [`try ${inlineCode(remedy)}`]),
  ].join('<br>\n')
}

function formatDetails(change: PlannedChange, now: number): string {
  const { action, object, impact, source, note } = change
  const lines = formatUnifiedDiff(change, now)
  const shown = lines.slice(0, SHOWN_LINES)
  if (lines.length > shown.length) shown.push(`# … ${formatNumber(lines.length - shown.length)} more lines`)
  const summary = [
    `${SYMBOLS[action].symbol} ${action} ${inlineCode(formatObject(object))}`,
    ...(impact === undefined || impact === 'none' ? [] : [`impact <b>${impact}</b>`]),
    ...(source === undefined ? [] : [inlineCode(source)]),
    ...(note === undefined ? [] : [inlineCode(note)]),
  ].join(' · ')
  return `<details><summary>${summary}</summary>\n\n${codeBlock('diff', shown)}\n\n</details>`
}

/** As many blocks as there is room for, whole ones only, and how many are left out. */
function joinWithin(
  { longest, sizeOf }: Limit,
  head: readonly string[],
  blocks: readonly string[],
  tail: readonly string[],
): string {
  const join = (parts: readonly string[]): string => `${parts.join('\n\n')}\n`
  let room = longest - sizeOf(join([...head, ...tail])) - ROOM_FOR_NOTE
  const kept = blocks.filter((block) => {
    const size = sizeOf(block) + 2
    if (size > room) return false
    room -= size
    return true
  })
  const left = blocks.length - kept.length
  const note =
    left === 0
      ? []
      : [
          `✂️ ${formatNumber(left)} of ${formatNumber(blocks.length)} entries are left out: they do not fit. \`-o diff\` shows all.`,
        ]
  return join([...head, ...kept, ...note, ...tail])
}
