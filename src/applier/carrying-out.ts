import { EXIT } from '../api/exit-code.ts'
import type { ExitCode } from '../api/exit-code.ts'
import { formatObject, formatReference } from '../api/object.ts'
import type { KubernetesObject } from '../api/object.ts'
import type { Reporter } from '../report/event.ts'
import type { AppliedAction } from './applied-action.ts'
import type { ApplySet } from './set/apply-set.ts'
import type { ClusterApi } from './cluster/cluster-api.ts'
import { runDatabases } from './databases/databases.ts'
import { applyOthers } from './other-objects.ts'
import { withoutSurplus } from './preparation.ts'
import type { Preparation } from './preparation.ts'
import { prune } from './inventory/pruning.ts'
import type { PruneResult } from './inventory/pruning.ts'
import type { RunOptions } from './run-options.ts'
import type { RunTally } from './run-tally.ts'
import { reportEnd } from './waiting/wait-report.ts'
import { waitForObjects } from './waiting/waiting.ts'
import type { PlannedItem } from './planning/planned-item.ts'

/**
 * Everything that a run writes, in order: what others need, the inventory, the databases and what is waited for beside
 * them, what is no longer desired, the inventory again.
 * @returns how each part ended
 */
export async function carryOut(
  api: ClusterApi,
  set: ApplySet,
  { plan, sets, prunes, view, possible, refused }: Preparation,
  options: RunOptions,
  tally: RunTally,
  reporter: Reporter,
): Promise<ExitCode[]> {
  const count = (action: AppliedAction): void => tally.applied(action)
  // The inventory needs its namespace, which may be one of the objects; a namespace is never pruned.
  const needed = plan.others.filter(isNamespaceOf(sets.namespace))
  const rest = plan.others.filter((planned) => !needed.includes(planned))
  const before = await applyOthers(api, needed, options, reporter, count)
  await sets.announce(set, plan)
  const others = await applyOthers(api, rest, options, reporter, count)
  const running = runDatabases(api, view, possible, options, reporter, count)
  const [databases, awaited] = await Promise.all([
    running,
    awaitOthers(api, others.objects, plan.others, running, options, reporter),
  ])
  const codes = [...before.failed, ...others.failed, ...databases, ...awaited]
  tally.failed(codes.filter((code) => code !== EXIT.done).length)
  // What could not be applied may still need what is no longer desired.
  const isPruned = refused === undefined && codes.every((code) => code === EXIT.done)
  const pruned = isPruned ? await pruneAll(api, withoutSurplus(prunes, plan), options, tally, reporter) : []
  if (!options.interrupt.aborted) await sets.conclude(set, plan, prunes, pruned)
  return [...codes, ...pruned.map(({ refusal }) => refusal?.exitCode ?? EXIT.done)]
}

/** Waits for the objects that belong to no database, beside the databases, which they may need. */
async function awaitOthers(
  api: ClusterApi,
  objects: readonly KubernetesObject[],
  others: readonly PlannedItem[],
  databases: Promise<unknown>,
  { wait, objectTimeoutMs, deadline, interrupt, now }: RunOptions,
  reporter: Reporter,
): Promise<ExitCode[]> {
  if (!wait || objects.length === 0) return []
  let isRunning = true
  const ended = (): void => {
    isRunning = false
  }
  databases.then(ended, ended)
  const sources = new Map(others.map(({ item }) => [formatReference(item.reference), item.source]))
  const outcomes = await waitForObjects(api, objects, {
    deadline,
    interrupt,
    now,
    ...(objectTimeoutMs === undefined ? {} : { objectTimeoutMs }),
    set: others.map(({ item }) => item.reference),
    mayStillHelp: () => isRunning,
    onWaiting: (progress) => reporter.report({ type: 'awaited', ...progress }),
    onSettled: (outcome) => reportEnd(outcome, sources.get(formatReference(outcome.object)), reporter),
    onWarning: (message) => reporter.report({ type: 'warning', message }),
  })
  return outcomes.map(({ exitCode }) => exitCode)
}

async function pruneAll(
  api: ClusterApi,
  prunes: Preparation['prunes'],
  { interrupt }: RunOptions,
  tally: RunTally,
  reporter: Reporter,
): Promise<PruneResult[]> {
  return prune(api, prunes, {
    interrupt,
    onResult: ({ planned, refusal }) => {
      if (refusal === undefined) {
        tally.deleted()
        reporter.report({ type: 'applied', object: planned.member, action: 'delete' })
      } else {
        tally.failed(1)
        reporter.report({ type: 'failed', subject: formatObject(planned.member), ...refusal })
      }
    },
  })
}

const isNamespaceOf =
  (namespace: string | undefined) =>
  ({ item: { reference }, verdict }: PlannedItem): boolean =>
    reference.kind === 'Namespace' && reference.name === namespace && verdict === 'create'
