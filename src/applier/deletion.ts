import { EXIT } from '../api/exit-code.ts'
import type { ExitCode } from '../api/exit-code.ts'
import { formatObject } from '../api/object.ts'
import type { PlannedChange } from '../plan/planned-change.ts'
import type { Reporter } from '../report/event.ts'
import type { ClusterApi } from './cluster/cluster-api.ts'
import { ClusterView } from './cluster/cluster-view.ts'
import { findCandidates } from './deletion-candidates.ts'
import type { Candidate } from './deletion-candidates.ts'
import { RunTally } from './run-tally.ts'
import type { ApplySet } from './set/apply-set.ts'
import { untilGone } from './until-gone.ts'

/** How a deletion behaves. */
export interface DeletionOptions {
  /** Delete what holds data too: claims, credentials, definitions, namespaces. */
  readonly purge: boolean
  readonly wait: boolean
  readonly deadline: AbortSignal
  readonly interrupt: AbortSignal
  readonly now: () => number
}

/**
 * Deletes what a set describes, in reverse order, each object with its uid as precondition. Claims and credentials
 * stay, so that applying the same manifests again brings the same data back.
 */
export async function runDelete(
  api: ClusterApi,
  set: ApplySet,
  options: DeletionOptions,
  reporter: Reporter,
): Promise<ExitCode> {
  const tally = new RunTally(api, options.now)
  const view = ClusterView.of(api, set, options.now)
  const { databases, others } = await findCandidates(api, set, view, options.purge)
  const candidates = [...databases.flat(), ...others]
  const changes = candidates.map(changeOf)
  tally.plan(changes)
  reporter.report({ type: 'planned', changes, showDifferences: false })
  const going = candidates.filter(isGoing)
  if (going.length === 0) {
    reporter.report({ type: 'failed', ...(candidates.length === 0 ? NOTHING : EVERYTHING_STAYS) })
    return tally.finish(EXIT.failed, reporter)
  }
  const deleteInOrder = async (ordered: readonly Candidate[]): Promise<void> => {
    for (const { reference, uid } of ordered.filter(isGoing)) {
      if (options.interrupt.aborted) return
      await api.delete(reference, uid)
      tally.deleted()
      reporter.report({ type: 'applied', object: reference, action: 'delete' })
    }
  }
  await Promise.all(databases.map(deleteInOrder))
  await deleteInOrder(others)
  if (options.interrupt.aborted) return tally.finish(EXIT.interrupted, reporter)
  if (!options.wait) return tally.finish(EXIT.done, reporter)
  const ending = AbortSignal.any([options.deadline, options.interrupt])
  const keys = set.databases.map(({ key }) => key)
  const left = await untilGone(api, view, keys, going, ending)
  if (options.interrupt.aborted) return tally.finish(EXIT.interrupted, reporter)
  if (left === undefined) return tally.finish(EXIT.done, reporter)
  tally.failed(1)
  reporter.report({
    type: 'failed',
    subject: formatObject(left),
    reason: 'still there when the time was over',
    message: `finalizers or running containers hold it`,
    remedy: `kubectl get ${left.kind.toLowerCase()} ${left.name} -o yaml shows who`,
    exitCode: EXIT.notReady,
  })
  return tally.finish(EXIT.notReady, reporter)
}

const isGoing = ({ keep }: Candidate): boolean => keep === undefined

function changeOf({ reference, keep }: Candidate): PlannedChange {
  return {
    object: reference,
    action: keep === undefined ? 'delete' : 'keep',
    proof: 'observation',
    differences: [],
    ...(keep === undefined ? {} : { note: keep }),
  }
}

const NOTHING = {
  subject: 'delete',
  reason: 'nothing to delete',
  message: 'none of these objects exists in this cluster and namespace',
  remedy: 'check --context and -n',
  exitCode: EXIT.failed,
}

const EVERYTHING_STAYS = {
  ...NOTHING,
  message: 'whatever exists of these manifests stays',
  remedy: 'the plan says of each object why',
}
