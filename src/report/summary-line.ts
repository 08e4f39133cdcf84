import type { Summary } from './event.ts'
import { formatBytes, formatNumber } from './figures.ts'

/** The last line of a run: what was done, and what it cost. */
export function formatSummary({ requests, seconds, ...counts }: Summary): string {
  const { created, updated, replaced, deleted, unchanged, kept, failed, pending } = counts
  const done = Object.entries({
    'would change': pending,
    created,
    updated,
    replaced,
    deleted,
    unchanged,
    kept,
    failed,
  }).flatMap(([word, number]) => (number > 0 ? [`${formatNumber(number)} ${word}`] : []))
  const nothing = created + updated + replaced + deleted + failed + pending === 0 ? ['no changes'] : []
  const others = requests.reads - requests.lists
  return [
    ...nothing,
    ...done,
    `${formatNumber(requests.lists)} LIST`,
    ...(others > 0 ? [`${formatNumber(others)} other read${others === 1 ? '' : 's'}`] : []),
    `${formatNumber(requests.dryRuns)} dry-run`,
    `${formatNumber(requests.writes)} write`,
    ...(requests.throttled > 0 ? [`throttled ${formatNumber(requests.throttled)} ×`] : []),
    formatBytes(requests.bytes),
    `${seconds.toFixed(1)} s`,
  ].join(' · ')
}
