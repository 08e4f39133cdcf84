import { EXIT } from '../../api/exit-code.ts'
import { formatObject } from '../../api/object.ts'
import type { KubernetesObject } from '../../api/object.ts'
import { isConflict, isForbidden } from '../../cluster/error-guards.ts'
import { ApiError } from '../../cluster/errors.ts'
import { membership, orphansOf } from '../../plan/inventory.ts'
import type { Inventory, Member } from '../../plan/inventory.ts'
import { isSameJson } from '../../plan/json-equality.ts'
import { decidePrunes, refuseEmptySet, rememberedOf } from '../../plan/prune.ts'
import type { PlannedPrune } from '../../plan/prune.ts'
import type { ClusterApi } from '../cluster/cluster-api.ts'
import type { Refusal } from '../planning/failure.ts'
import { readOrphans } from './orphan-reading.ts'
import { deletionSteps } from './prune-order.ts'

/** What became of an orphan that was to be deleted. */
export interface PruneResult {
  readonly planned: PlannedPrune
  /** Why it is still there; absent where it is deleted, or its deletion has begun. */
  readonly refusal?: Refusal
}

/** How pruning behaves. */
export interface PruneOptions {
  /** Nothing more is deleted once this is aborted. */
  readonly interrupt: AbortSignal
  /** Called for each object as soon as it is decided what became of it. */
  readonly onResult?: (result: PruneResult) => void
}

/**
 * Decides what becomes of the members that are no longer desired. Reads only.
 * @param desired every object of the set (not of a part of it), with the uid of the live object where there is one
 * @param others inventories of all sets, as far as they may be read
 * @throws InputError where nothing at all is desired
 */
export async function planPrune(
  api: ClusterApi,
  inventory: Inventory,
  desired: readonly Member[],
  others: readonly Inventory[] | undefined,
): Promise<PlannedPrune[]> {
  refuseEmptySet(inventory, desired)
  const orphans = await readOrphans(api, orphansOf(inventory.members, desired), desired)
  return decidePrunes(orphans, { desired, otherSetOf: membership(others ?? [], inventory) })
}

/**
 * Deletes what was planned, what uses before what is used, each object only as it was judged. What cannot be deleted is
 * reported and does not hold up the rest.
 * @throws what is not an answer of the server (a lost connection): nothing is known then, and the set still knows all
 */
export async function prune(
  api: ClusterApi,
  planned: readonly PlannedPrune[],
  { interrupt, onResult }: PruneOptions,
): Promise<PruneResult[]> {
  const results: PruneResult[] = []
  for (const step of deletionSteps(planned.filter(({ decision }) => decision.action === 'prune'))) {
    const settled = await Promise.allSettled(
      step.map(async (item) => {
        if (interrupt.aborted) return
        const refusal = await deleteOrRefuse(api, item)
        const result = { planned: item, ...(refusal === undefined ? {} : { refusal }) }
        results.push(result)
        onResult?.(result)
      }),
    )
    for (const outcome of settled) if (outcome.status === 'rejected') throw outcome.reason
  }
  return results
}

/** Members that the set still knows after pruning: what is kept for now, and what is not deleted. */
export function rememberedAfter(planned: readonly PlannedPrune[], results: readonly PruneResult[]): Member[] {
  const deleted = new Set(results.filter(({ refusal }) => refusal === undefined).map((result) => result.planned))
  const left = planned.filter((item) => item.decision.action === 'prune' && !deleted.has(item))
  return [...rememberedOf(planned), ...left.map(({ member }) => member)]
}

/** An object whose status is written again and again is tried so many times. */
const ATTEMPTS = 4

async function deleteOrRefuse(api: ClusterApi, planned: PlannedPrune): Promise<Refusal | undefined> {
  try {
    return await deleteAsPlanned(api, planned)
  } catch (error) {
    if (error instanceof ApiError) return failed(planned.member, error)
    throw error
  }
}

async function deleteAsPlanned(api: ClusterApi, planned: PlannedPrune): Promise<Refusal | undefined> {
  const { member, decision } = planned
  if (decision.action !== 'prune') return undefined
  let { resourceVersion } = decision
  for (let attempt = 1; ; attempt += 1) {
    try {
      await api.delete(member, decision.uid, resourceVersion)
      return undefined
    } catch (error) {
      if (!isConflict(error)) throw error
    }
    const now = await api.get(member)
    if (now === undefined) return undefined
    const { uid, deletionTimestamp } = now.metadata
    // An answer may have been lost on its way: then this is our own deletion.
    if (uid === decision.uid && deletionTimestamp !== undefined) return undefined
    const moved = whatMoved(planned.live, now)
    if (moved !== undefined || attempt === ATTEMPTS) return changed(member, moved ?? 'its status, again and again')
    resourceVersion = now.metadata.resourceVersion ?? resourceVersion
  }
}

/**
 * What changed of an object since it was judged, in words; `undefined` where it is only its status, which a controller
 * may write at any moment. Kinds without a generation do not tell, so any change counts.
 */
function whatMoved(before: KubernetesObject | undefined, now: KubernetesObject): string | undefined {
  if (before?.metadata.uid !== now.metadata.uid) return 'it was deleted and created again'
  for (const field of ['labels', 'annotations', 'ownerReferences', 'finalizers'] as const) {
    if (!isSameJson(before?.metadata[field], now.metadata[field])) return `its ${field}`
  }
  const { generation } = now.metadata
  return generation !== undefined && generation === before?.metadata.generation ? undefined : 'its content'
}

function changed(member: Member, moved: string): Refusal {
  return {
    conflict: true,
    reason: 'ChangedSincePlanned',
    message: `${formatObject(member)} is not pruned: somebody changed it since it was judged (${moved})`,
    remedy: 'look at it, then run the same command again',
    exitCode: EXIT.conflict,
  }
}

function failed(member: Member, error: ApiError): Refusal {
  const { resource, namespace } = error.target
  return {
    conflict: false,
    reason: error.reason ?? 'DeleteFailed',
    message: `${formatObject(member)} is not pruned: ${error.serverMessage}`,
    remedy: isForbidden(error)
      ? `ask for the right to delete ${resource}${namespace === undefined ? '' : ` in namespace ${namespace}`}`
      : 'mend what the server names, then run the same command again',
    exitCode: EXIT.failed,
  }
}
