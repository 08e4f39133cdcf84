import { EXIT } from '../api/exit-code.ts'
import type { ExitCode } from '../api/exit-code.ts'
import { FIELD_MANAGER } from '../api/group.ts'
import type { PlannedChange } from '../plan/planned-change.ts'
import type { Reporter, Summary } from '../report/event.ts'
import type { ApplySet } from './apply-set.ts'
import type { ClusterApi } from './cluster-api.ts'
import { ClusterView } from './cluster-view.ts'
import { declined, takeOverProposal } from './consent.ts'
import { runDatabases } from './databases.ts'
import { waitUntilEstablished } from './definition.ts'
import type { Refusal } from './failure.ts'
import { planSet } from './plan-set.ts'
import type { PlannedDatabase, PlannedSet } from './plan-set.ts'
import { plannedChanges, reportRefusals, worst } from './planned-changes.ts'
import type { PlannedItem } from './planning.ts'
import { missingPermissions, missingRights } from './preflight.ts'
import { succeed } from './succeeding.ts'
import type { RunOptions } from './run-options.ts'

/**
 * Applies a set: plans everything, applies what differs, and walks the databases to Ready.
 *
 * An object that is refused holds up everything where others may need it (it belongs to no database), and otherwise its
 * own database only.
 */
export async function runApply(
  api: ClusterApi,
  set: ApplySet,
  options: RunOptions,
  reporter: Reporter,
): Promise<ExitCode> {
  const started = options.now()
  const view = viewOf(api, set, options.now)
  const plan = await planSet(api, set, view, { ...options, askEverything: options.dryRun === 'server' })
  const changes = plannedChanges(plan, options.details)
  reporter.report({ type: 'planned', changes, showDifferences: options.showDifferences })
  const tally: Tally = { created: 0, updated: 0, replaced: 0, failed: 0, pending: 0 }
  const finish = (exitCode: ExitCode): ExitCode => {
    reporter.report({ type: 'finished', summary: summaryOf(api, changes, tally, options, started), exitCode })
    return exitCode
  }
  const refusals = [
    reportRefusals(plan.others, reporter),
    reportRefusals(
      plan.databases.flatMap(({ resource, children }) => [resource, ...children]),
      reporter,
    ),
  ]
  const [refusedOthers] = refusals
  const refused = refusals.filter((code) => code !== undefined)
  tally.failed = changes.filter(({ action }) => REFUSED.has(action)).length
  const possible = plan.databases.filter(isPossible)
  if (refusedOthers !== undefined || (possible.length === 0 && refused.length > 0)) return finish(worst(refused))
  if (options.dryRun === 'server') {
    tally.pending = changes.filter(({ action }) => action !== 'unchanged' && !REFUSED.has(action)).length
    return finish(worst(refused))
  }
  const missing = await permissionsFor(api, { ...plan, databases: possible }, options)
  if (missing.length > 0) {
    for (const refusal of missing) reporter.report({ type: 'failed', subject: 'not applied', ...refusal })
    tally.failed += missing.length
    return finish(EXIT.failed)
  }
  const proposal = takeOverProposal([
    ...plan.others,
    ...possible.flatMap(({ resource, children }) => [resource, ...children]),
  ])
  const no = proposal === undefined ? undefined : await declined(proposal, options.confirm, reporter)
  if (no !== undefined) return finish(no)
  const count = (action: 'create' | 'update'): void => {
    if (action === 'create') tally.created += 1
    else tally.updated += 1
  }
  await applyOthers(api, plan.others, options, reporter, count)
  const results = await runDatabases(api, view, possible, options, reporter, count)
  tally.failed += results.filter((code) => code !== EXIT.done).length
  return finish(worst([...results, ...refused]))
}

/** The view of the databases of a set. */
export function viewOf(api: ClusterApi, { databases }: ApplySet, now: () => number): ClusterView {
  const viewed = databases.map(({ database: { metadata } }) => ({
    namespace: metadata.namespace ?? 'default',
    name: metadata.name,
  }))
  return new ClusterView(api, viewed, now)
}

const REFUSED: ReadonlySet<string> = new Set(['conflict', 'refused', 'foreign'])

const isPossible = ({ resource, children }: PlannedDatabase): boolean =>
  [resource, ...children].every(({ refusal }) => refusal === undefined)

interface Tally {
  created: number
  updated: number
  replaced: number
  failed: number
  pending: number
}

function summaryOf(
  api: ClusterApi,
  changes: readonly PlannedChange[],
  tally: Tally,
  { now }: RunOptions,
  started: number,
): Summary {
  const unchanged = changes.filter(({ action }) => action === 'unchanged').length
  return { ...tally, unchanged, deleted: 0, kept: 0, requests: api.budget(), seconds: (now() - started) / 1000 }
}

/** Nothing to write means nothing to ask: a second run stays cheap. */
async function permissionsFor(api: ClusterApi, plan: PlannedSet, options: RunOptions): Promise<Refusal[]> {
  const changing = plan.databases.filter(({ resource, children }) =>
    [resource, ...children].some(({ verdict }) => verdict !== 'unchanged'),
  )
  const namespaces = new Set(changing.map(({ item }) => item.resource.reference.namespace ?? ''))
  const planned = [...plan.others, ...changing.flatMap(({ resource, children }) => [resource, ...children])]
  return [...(await missingPermissions(api, [...namespaces], options.route)), ...(await missingRights(api, planned))]
}

async function applyOthers(
  api: ClusterApi,
  others: readonly PlannedItem[],
  options: RunOptions,
  reporter: Reporter,
  count: (action: 'create' | 'update') => void,
): Promise<void> {
  for (const planned of others) {
    const { item, body, live, verdict } = planned
    if (verdict !== 'unchanged') {
      options.interrupt.throwIfAborted()
      await succeed(api, planned)
      await api.apply(body, { manager: FIELD_MANAGER, force: options.force })
      const action = live === undefined ? 'create' : 'update'
      count(action)
      reporter.report({ type: 'applied', object: item.reference, action })
    }
    if (item.reference.kind === 'CustomResourceDefinition')
      await waitUntilEstablished(api, item.reference, options.deadline)
  }
}
