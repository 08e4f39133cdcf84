import { EXIT } from '../api/exit-code.ts'
import type { ExitCode } from '../api/exit-code.ts'
import type { Reporter } from '../report/event.ts'
import type { ApplySet } from './set/apply-set.ts'
import { carryOut } from './carrying-out.ts'
import type { ClusterApi } from './cluster/cluster-api.ts'
import { declined, takeOverProposal } from './consent.ts'
import type { Refusal } from './planning/failure.ts'
import { worst } from './planning/planned-changes.ts'
import { exitCodeOfPlan, prepare } from './preparation.ts'
import type { Preparation } from './preparation.ts'
import { missingDeletions, missingPermissions, missingRights } from './preflight.ts'
import { recreateProposal } from './recreate-proposal.ts'
import type { RunOptions } from './run-options.ts'
import { RunTally } from './run-tally.ts'
import { VERIFIED_ALWAYS } from './databases/databases.ts'
import { SettledDatabases } from './settled/settled-databases.ts'
import type { PlannedItem } from './planning/planned-item.ts'
import { goingOf } from './set/surplus.ts'

/**
 * Applies a set: plans everything, applies what differs, and walks the databases to Ready.
 *
 * An object that is refused holds up everything where others may need it (it belongs to no database), and otherwise its
 * own database only.
 */
export async function runApply(
  api: ClusterApi,
  set: ApplySet,
  given: RunOptions,
  reporter: Reporter,
): Promise<ExitCode> {
  const tally = new RunTally(api, given.now)
  const settled = settledFor(set, given)
  const options = { ...given, settled }
  const prepared = await prepare(api, set, { ...options, askEverything: options.dryRun === 'server' }, reporter)
  tally.plan(prepared.changes)
  const { isBlocked, possible, refused } = prepared
  const nothingIsPossible = possible.length === 0 && set.databases.length > 0 && refused !== undefined
  if (isBlocked || nothingIsPossible) return tally.finish(exitCodeOfPlan(prepared), reporter)
  if (options.dryRun === 'server') return tally.finishDryRun(exitCodeOfPlan(prepared), reporter)
  const no = await refusalToBegin(api, prepared, options, tally, reporter)
  if (no !== undefined) return tally.finish(no, reporter)
  const codes = await carryOut(api, set, prepared, options, tally, reporter)
  settled?.store(set)
  return tally.finish(worst([...codes, exitCodeOfPlan(prepared)]), reporter)
}

/**
 * What is remembered of the databases of a run; `undefined` where each is to be looked at, because that is asked for or
 * because the run logs in to all of them anyway.
 */
function settledFor({ databases }: ApplySet, options: RunOptions): SettledDatabases | undefined {
  const { memory, verifyUnchanged, verifyWithDryRun, takeOver, reviewed, dryRun, paceMs, route, now } = options
  const looksAtEach = verifyUnchanged === true || verifyWithDryRun || takeOver || reviewed !== undefined
  if (memory === undefined || looksAtEach || dryRun === 'server' || paceMs > 0) return undefined
  return databases.length > VERIFIED_ALWAYS
    ? new SettledDatabases(memory, { verified: route !== 'off', now })
    : undefined
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

function itemsOf({ plan, possible }: Preparation): PlannedItem[] {
  return [...plan.others, ...possible.flatMap(({ resource, children }) => [resource, ...children])]
}

/** Nothing to write means nothing to ask: a second run stays cheap. */
async function permissionsFor(
  api: ClusterApi,
  { plan, possible }: Preparation,
  options: RunOptions,
): Promise<Refusal[]> {
  const changing = possible.filter(
    ({ resource, children, surplus }) =>
      goingOf(surplus).length > 0 || [resource, ...children].some(({ verdict }) => verdict !== 'unchanged'),
  )
  const namespaces = new Set(changing.map(({ item }) => item.resource.reference.namespace ?? ''))
  const planned = [...plan.others, ...changing.flatMap(({ resource, children }) => [resource, ...children])]
  return [
    ...(await missingPermissions(api, [...namespaces], options.route)),
    ...(await missingRights(api, planned)),
    ...(await missingDeletions(
      api,
      changing.flatMap(({ surplus }) => surplus),
    )),
  ]
}
