import { EXIT } from '../api/exit-code.ts'
import type { ExitCode } from '../api/exit-code.ts'
import type { Reporter } from '../report/event.ts'
import type { ApplySet } from './apply-set.ts'
import type { TakeOverOptions } from './foreign.ts'
import { planSet } from './plan-set.ts'
import { plannedChanges, reportRefusals } from './planned-changes.ts'
import type { PlanDetails } from './planned-changes.ts'
import { viewOf } from './run.ts'
import type { ClusterApi } from './cluster-api.ts'

/** How differences are shown. */
export interface DiffOptions extends TakeOverOptions {
  readonly details: PlanDetails
  /** Ask the server also about what the managed fields prove to be unchanged. */
  readonly verifyWithDryRun: boolean
  /** As if fields in conflict were taken. */
  readonly force: boolean
  readonly now: () => number
}

/**
 * Shows what applying a set would do. Only reads and dry runs.
 * @returns 0 nothing would change, 1 something would, more than 1 something is refused
 */
export async function runDiff(
  api: ClusterApi,
  set: ApplySet,
  options: DiffOptions,
  reporter: Reporter,
): Promise<ExitCode> {
  const { details, now } = options
  const started = now()
  const plan = await planSet(api, set, viewOf(api, set, now), { ...options, askEverything: true })
  const changes = plannedChanges(plan, details)
  reporter.report({ type: 'planned', changes, showDifferences: true })
  const items = [...plan.others, ...plan.databases.flatMap(({ resource, children }) => [resource, ...children])]
  const refused = reportRefusals(items, reporter)
  const unchanged = changes.filter(({ action }) => action === 'unchanged').length
  const exitCode = refused ?? (unchanged < changes.length ? EXIT.failed : EXIT.done)
  reporter.report({
    type: 'finished',
    summary: {
      created: 0,
      updated: 0,
      replaced: 0,
      deleted: 0,
      unchanged,
      kept: 0,
      failed: 0,
      pending: changes.length - unchanged,
      requests: api.budget(),
      seconds: (now() - started) / 1000,
    },
    exitCode,
  })
  return exitCode
}
