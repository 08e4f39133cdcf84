import { EXIT } from '../api/exit-code.ts'
import type { ExitCode } from '../api/exit-code.ts'
import type { Reporter } from '../report/event.ts'
import type { AppliedAction } from './applied-action.ts'
import type { ApplySet } from './apply-set.ts'
import type { ClusterApi } from './cluster-api.ts'
import { declined, takeOverProposal } from './consent.ts'
import { runDatabases } from './databases.ts'
import type { Refusal } from './failure.ts'
import { applyOthers } from './other-objects.ts'
import type { PlannedItem } from './planning.ts'
import { worst } from './planned-changes.ts'
import { exitCodeOfPlan, prepare } from './preparation.ts'
import type { Preparation } from './preparation.ts'
import { missingPermissions, missingRights } from './preflight.ts'
import { prune } from './pruning.ts'
import type { PruneResult } from './pruning.ts'
import { recreateProposal } from './recreate-proposal.ts'
import type { RunOptions } from './run-options.ts'
import { RunTally } from './run-tally.ts'

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
  const tally = new RunTally(api, options.now)
  const prepared = await prepare(api, set, { ...options, askEverything: options.dryRun === 'server' }, reporter)
  tally.plan(prepared.changes)
  const { isBlocked, possible, refused } = prepared
  const nothingIsPossible = possible.length === 0 && set.databases.length > 0 && refused !== undefined
  if (isBlocked || nothingIsPossible) return tally.finish(exitCodeOfPlan(prepared), reporter)
  if (options.dryRun === 'server') return tally.finishDryRun(exitCodeOfPlan(prepared), reporter)
  const no = await refusalToBegin(api, prepared, options, tally, reporter)
  if (no !== undefined) return tally.finish(no, reporter)
  const codes = await carryOut(api, set, prepared, options, tally, reporter)
  return tally.finish(worst([...codes, exitCodeOfPlan(prepared)]), reporter)
}

/** Rights that are missing, or a no to what needs a yes; `undefined` where the run may begin. */
async function refusalToBegin(
  api: ClusterApi,
  prepared: Preparation,
  options: RunOptions,
  tally: RunTally,
  reporter: Reporter,
): Promise<ExitCode | undefined> {
  const missing = await permissionsFor(api, prepared, options)
  for (const refusal of missing) reporter.report({ type: 'failed', subject: 'not applied', ...refusal })
  tally.failed(missing.length)
  if (missing.length > 0) return EXIT.failed
  const question = prepared.sets.questionAbout(prepared.prunes)
  const proposals = [
    takeOverProposal(itemsOf(prepared)),
    recreateProposal(itemsOf(prepared)),
    question === undefined ? undefined : { flag: '--prune', effect: question },
  ]
  for (const proposal of proposals) {
    const no = proposal === undefined ? undefined : await declined(proposal, options.confirm, reporter)
    if (no !== undefined) return no
  }
  return undefined
}

/** Everything that is written, in order. */
async function carryOut(
  api: ClusterApi,
  set: ApplySet,
  { plan, sets, prunes, view, possible, refused }: Preparation,
  options: RunOptions,
  tally: RunTally,
  reporter: Reporter,
): Promise<ExitCode[]> {
  const count = (action: AppliedAction): void => tally.applied(action)
  // The inventory needs its namespace, which may be one of the objects; a namespace is never pruned.
  const [first, rest] = [plan.others.filter(isNamespaceOf(sets.namespace)), plan.others]
  const codes = await applyOthers(api, first, options, reporter, count)
  await sets.announce(set, plan)
  codes.push(
    ...(await applyOthers(
      api,
      rest.filter((planned) => !first.includes(planned)),
      options,
      reporter,
      count,
    )),
  )
  const results = await runDatabases(api, view, possible, options, reporter, count)
  tally.failed(codes.length + results.filter((code) => code !== EXIT.done).length)
  codes.push(...results)
  // What could not be applied may still need what is no longer desired.
  const isPruned = refused === undefined && codes.every((code) => code === EXIT.done)
  const pruned = isPruned ? await pruneAll(api, prunes, options, tally, reporter) : []
  if (!options.interrupt.aborted) await sets.conclude(set, plan, prunes, pruned)
  return [...codes, ...pruned.map(({ refusal }) => refusal?.exitCode ?? EXIT.done)]
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
        reporter.report({ type: 'failed', subject: `${planned.member.kind} ${planned.member.name}`, ...refusal })
      }
    },
  })
}

const isNamespaceOf =
  (namespace: string | undefined) =>
  ({ item: { reference }, verdict }: PlannedItem): boolean =>
    reference.kind === 'Namespace' && reference.name === namespace && verdict === 'create'

function itemsOf({ plan, possible }: Preparation): PlannedItem[] {
  return [...plan.others, ...possible.flatMap(({ resource, children }) => [resource, ...children])]
}

/** Nothing to write means nothing to ask: a second run stays cheap. */
async function permissionsFor(
  api: ClusterApi,
  { plan, possible }: Preparation,
  options: RunOptions,
): Promise<Refusal[]> {
  const changing = possible.filter(({ resource, children }) =>
    [resource, ...children].some(({ verdict }) => verdict !== 'unchanged'),
  )
  const namespaces = new Set(changing.map(({ item }) => item.resource.reference.namespace ?? ''))
  const planned = [...plan.others, ...changing.flatMap(({ resource, children }) => [resource, ...children])]
  return [...(await missingPermissions(api, [...namespaces], options.route)), ...(await missingRights(api, planned))]
}
