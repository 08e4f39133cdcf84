import type { ExitCode } from '../api/exit-code.ts'
import type { PlannedChange } from '../plan/planned-change.ts'
import type { Reporter, Summary } from '../report/event.ts'
import type { AppliedAction } from './applied-action.ts'
import type { ClusterApi } from './cluster/cluster-api.ts'

const REFUSED: ReadonlySet<string> = new Set(['conflict', 'refused', 'foreign'])

/** Counts what a run does, for its last line. */
export class RunTally {
  readonly #api: Pick<ClusterApi, 'budget'>
  readonly #now: () => number
  readonly #started: number
  readonly #applied: Record<AppliedAction, number> = { create: 0, update: 0, replace: 0, delete: 0 }
  #deleted = 0
  #failed = 0
  #changes: readonly PlannedChange[] = []

  constructor(api: Pick<ClusterApi, 'budget'>, now: () => number) {
    this.#api = api
    this.#now = now
    this.#started = now()
  }

  /** What was planned: counts what is unchanged, kept and refused. */
  plan(changes: readonly PlannedChange[]): void {
    this.#changes = changes
    this.#failed += changes.filter(({ action }) => REFUSED.has(action)).length
  }

  applied(action: AppliedAction): void {
    this.#applied[action] += 1
  }

  deleted(): void {
    this.#deleted += 1
  }

  failed(number: number): void {
    this.#failed += number
  }

  /** Reports the end of a run. */
  finish(exitCode: ExitCode, reporter: Reporter): ExitCode {
    reporter.report({ type: 'finished', summary: this.#summary(0), exitCode })
    return exitCode
  }

  /** Reports the end of a run that changed nothing, with what would change. */
  finishDryRun(exitCode: ExitCode, reporter: Reporter): ExitCode {
    const rest = new Set(['unchanged', 'keep', ...REFUSED])
    const pending = this.#changes.filter(({ action }) => !rest.has(action)).length
    reporter.report({ type: 'finished', summary: this.#summary(pending), exitCode })
    return exitCode
  }

  #summary(pending: number): Summary {
    const countOf = (wanted: string): number => this.#changes.filter(({ action }) => action === wanted).length
    return {
      created: this.#applied.create,
      updated: this.#applied.update,
      replaced: this.#applied.replace,
      deleted: this.#deleted + this.#applied.delete,
      unchanged: countOf('unchanged'),
      kept: countOf('keep'),
      failed: this.#failed,
      pending,
      requests: this.#api.budget(),
      seconds: (this.#now() - this.#started) / 1000,
    }
  }
}
