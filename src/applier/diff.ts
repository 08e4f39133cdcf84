import { EXIT } from '../api/exit-code.ts'
import type { ExitCode } from '../api/exit-code.ts'
import type { Reporter } from '../report/event.ts'
import type { ApplySet } from './apply-set.ts'
import { planSet } from './plan-set.ts'
import { plannedChanges, reportRefusals } from './planned-changes.ts'
import type { ClusterApi } from './cluster-api.ts'

/**
 * Shows what applying a set would do. Only reads and dry runs.
 * @returns 0 nothing would change, 1 something would, more than 1 something is refused
 */
export async function runDiff(
  api: ClusterApi,
  set: ApplySet,
  now: () => number,
  reporter: Reporter,
): Promise<ExitCode> {
  const started = now()
  const plan = await planSet(api, set, false)
  const changes = plannedChanges(plan)
  reporter.report({ type: 'planned', changes, showDifferences: true })
  const refused = reportRefusals(plan, reporter)
  const differs = changes.some(({ action }) => action !== 'unchanged')
  const exitCode = refused ?? (differs ? EXIT.failed : EXIT.done)
  const count = (action: string): number => changes.filter((change) => change.action === action).length
  reporter.report({
    type: 'finished',
    summary: {
      created: 0,
      updated: 0,
      deleted: 0,
      unchanged: count('unchanged'),
      kept: 0,
      failed: 0,
      pending: changes.length - count('unchanged'),
      requests: api.budget(),
      seconds: (now() - started) / 1000,
    },
    exitCode,
  })
  return exitCode
}
