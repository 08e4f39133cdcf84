import { EXIT } from '../api/exit-code.ts'
import type { ExitCode } from '../api/exit-code.ts'
import { FIELD_MANAGER } from '../api/group.ts'
import type { Reporter, Summary } from '../report/event.ts'
import type { ApplySet } from './apply-set.ts'
import type { ClusterApi } from './cluster-api.ts'
import { runDatabases } from './databases.ts'
import { waitUntilEstablished } from './definition.ts'
import type { Refusal } from './failure.ts'
import { planSet } from './plan-set.ts'
import type { PlannedSet } from './plan-set.ts'
import { plannedChanges, reportRefusals } from './planned-changes.ts'
import type { PlannedItem } from './planning.ts'
import { missingPermissions, missingRights } from './preflight.ts'
import type { RunOptions } from './run-options.ts'

/**
 * Applies a set: plans everything, refuses everything when one object is refused, applies what differs, and walks the
 * databases to Ready.
 */
export async function runApply(
  api: ClusterApi,
  set: ApplySet,
  options: RunOptions,
  reporter: Reporter,
): Promise<ExitCode> {
  const started = options.now()
  const plan = await planSet(api, set, options.force)
  const changes = plannedChanges(plan)
  reporter.report({ type: 'planned', changes, showDifferences: options.showDifferences })
  const finish = (exitCode: ExitCode, tally: Tally): ExitCode => {
    const seconds = (options.now() - started) / 1000
    const unchanged = changes.filter(({ action }) => action === 'unchanged').length
    const summary: Summary = { pending: 0, ...tally, unchanged, deleted: 0, kept: 0, requests: api.budget(), seconds }
    reporter.report({ type: 'finished', summary, exitCode })
    return exitCode
  }
  const refused = reportRefusals(plan, reporter)
  if (refused !== undefined)
    return finish(refused, {
      created: 0,
      updated: 0,
      failed: changes.filter(({ action }) => action === 'conflict' || action === 'refused').length,
    })
  if (options.dryRun === 'server')
    return finish(EXIT.done, {
      created: 0,
      updated: 0,
      failed: 0,
      pending: changes.filter(({ action }) => action !== 'unchanged').length,
    })
  const missing = await permissionsFor(api, set, plan, options)
  if (missing.length > 0) {
    for (const refusal of missing) reporter.report({ type: 'failed', subject: 'not applied', ...refusal })
    return finish(EXIT.failed, { created: 0, updated: 0, failed: missing.length })
  }
  const tally: Tally = { created: 0, updated: 0, failed: 0 }
  const count = (action: 'create' | 'update'): void => {
    if (action === 'create') tally.created += 1
    else tally.updated += 1
  }
  await applyOthers(api, plan.others, options, reporter, count)
  const exitCode = await runDatabases(api, plan.databases, options, reporter, count)
  if (exitCode !== EXIT.done) tally.failed += 1
  return finish(exitCode, tally)
}

interface Tally {
  created: number
  updated: number
  failed: number
  pending?: number
}

/** Nothing to write means nothing to ask: a second run stays cheap. */
async function permissionsFor(
  api: ClusterApi,
  set: ApplySet,
  plan: PlannedSet,
  options: RunOptions,
): Promise<Refusal[]> {
  const changing = plan.databases.filter(({ resource, children }) =>
    [resource, ...children].some(({ verdict }) => verdict !== 'unchanged'),
  )
  const namespaces = new Set(changing.map(({ item }) => item.resource.reference.namespace ?? ''))
  const wanted = set.databases.length === 0 ? [] : [...namespaces]
  const planned = [...plan.others, ...changing.flatMap(({ resource, children }) => [resource, ...children])]
  return [...(await missingPermissions(api, wanted, options.route)), ...(await missingRights(api, planned))]
}

async function applyOthers(
  api: ClusterApi,
  others: readonly PlannedItem[],
  options: RunOptions,
  reporter: Reporter,
  count: (action: 'create' | 'update') => void,
): Promise<void> {
  for (const { item, body, live, verdict } of others) {
    if (verdict !== 'unchanged') {
      options.interrupt.throwIfAborted()
      await api.apply(body, { manager: FIELD_MANAGER, force: options.force })
      const action = live === undefined ? 'create' : 'update'
      count(action)
      reporter.report({ type: 'applied', object: item.reference, action })
    }
    if (item.reference.kind === 'CustomResourceDefinition')
      await waitUntilEstablished(api, item.reference, options.deadline)
  }
}
