import { EXIT } from '../../src/api/exit-code.ts'
import type { PlannedChange } from '../../src/plan/planned-change.ts'
import type { Event, Reporter, Summary } from '../../src/report/event.ts'
import { openFormat } from '../../src/report/format.ts'
import type { Format } from '../../src/report/format.ts'
import type { ReportOptions } from '../../src/report/report-options.ts'
import { recordedOutput } from './recorded-output.ts'

/** The time of every report of these tests. */
export const NOW: number = Date.UTC(2026, 0, 1, 9, 30)

/** One change of a StatefulSet. */
export function change(action: PlannedChange['action'], more: Partial<PlannedChange> = {}): PlannedChange {
  const object = { apiVersion: 'apps/v1', kind: 'StatefulSet', namespace: 'shop', name: 'orders' }
  return { object, action, proof: 'dry-run', differences: [], ...more }
}

/** An update with everything that can be told about it. */
export const UPDATE: PlannedChange = change('update', {
  source: 'dist/orders.k8s.yaml:41',
  impact: 'restart',
  differences: [
    {
      path: 'spec.replicas',
      before: 2,
      after: 1,
      owners: [{ manager: 'kubectl-edit', operation: 'Update', time: '2026-01-01T09:27:00Z' }],
      impact: 'restart',
    },
  ],
  documents: {
    before: { spec: { replicas: 2 }, apiVersion: 'apps/v1' },
    after: { spec: { replicas: 1 }, apiVersion: 'apps/v1' },
  },
})

/** Figures of a run that did nothing. */
export const NOTHING: Summary = {
  created: 0,
  updated: 0,
  replaced: 0,
  deleted: 0,
  unchanged: 0,
  kept: 0,
  failed: 0,
  pending: 0,
  requests: { reads: 0, lists: 0, dryRuns: 0, writes: 0, bytes: 0, throttled: 0 },
  seconds: 0,
}

/** A plan as it is reported. */
export const planned = (changes: readonly PlannedChange[], showDifferences = false): Event => ({
  type: 'planned',
  changes,
  showDifferences,
})

/** The end of a run. */
export const finished = (summary: Partial<Summary> = {}): Event => ({
  type: 'finished',
  summary: { ...NOTHING, ...summary },
  exitCode: EXIT.done,
})

/** A failure with words that every format must write in its own way. */
export const FAILED: Event = {
  type: 'failed',
  subject: 'StatefulSet shop/orders',
  reason: 'Invalid',
  message: '100% wrong: <a>, "b" & `c`',
  where: 'dist/orders.k8s.yaml:41',
  remedy: 'correct it',
  exitCode: EXIT.failed,
}

/** What a format prints about some facts. */
export async function printedAs(
  format: Format,
  events: readonly Event[],
  options: Partial<ReportOptions> & { readonly kind?: string } = {},
): Promise<{ data: string; messages: string }> {
  const { kind = 'DiffReport', ...rest } = options
  const output = recordedOutput()
  const defaults = { quiet: false, progress: true, verbose: false, now: () => NOW }
  const reporter: Reporter = await openFormat(format, kind, output, { ...defaults, ...rest })
  for (const event of events) reporter.report(event)
  reporter.close()
  return { data: output.text, messages: output.messages }
}
