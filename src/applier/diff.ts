import { EXIT } from '../api/exit-code.ts'
import type { ExitCode } from '../api/exit-code.ts'
import type { PlannedChange } from '../plan/planned-change.ts'
import type { Reporter } from '../report/event.ts'
import type { ApplySet } from './set/apply-set.ts'
import type { ClusterApi } from './cluster/cluster-api.ts'
import { prepare } from './preparation.ts'
import type { PreparationOptions } from './preparation.ts'
import { RunTally } from './run-tally.ts'

/** How differences are shown. */
export interface DiffOptions extends Omit<PreparationOptions, 'askEverything' | 'showDifferences' | 'reviewed'> {
  /** Stores the plan, where that was asked for. */
  readonly save?: ((changes: readonly PlannedChange[]) => void) | undefined
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
  const tally = new RunTally(api, options.now)
  const { changes, refused } = await prepare(
    api,
    set,
    { ...options, askEverything: true, showDifferences: true },
    reporter,
  )
  tally.plan(changes)
  options.save?.(changes)
  const differs = changes.some(({ action }) => action !== 'unchanged' && action !== 'keep')
  return tally.finishDryRun(refused ?? (differs ? EXIT.failed : EXIT.done), reporter)
}
