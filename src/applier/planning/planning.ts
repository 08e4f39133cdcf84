import { EXIT } from '../../api/exit-code.ts'
import { FIELD_MANAGER } from '../../api/group.ts'
import type { KubernetesObject } from '../../api/object.ts'
import { certify } from '../../plan/certificate.ts'
import { successionOf } from '../../plan/succession.ts'
import { ApiError } from '../../cluster/errors.ts'
import { isInvalid, isNamespaceMissing, isNotFound } from '../../cluster/error-guards.ts'
import type { ApplyItem } from '../set/apply-set.ts'
import type { ClusterApi } from '../cluster/cluster-api.ts'
import { refusalOf } from './failure.ts'
import type { Refusal } from './failure.ts'
import { claimTo, foreignRefusal } from './foreign.ts'
import type { Claim } from './foreign.ts'
import { judgeAsKeeper } from './keeper.ts'
import { rehearse } from './rehearsal.ts'
import { judgeGoing, judgeReplacement, judgeTakeOver } from './replacement-plan.ts'
import { verdictOfRehearsal } from './verdict-of-rehearsal.ts'
import { unasked } from './planned-item.ts'
import type { PlannedItem, Subject } from './planned-item.ts'
import type { PlanningOptions, TakeOverOptions } from './planning-options.ts'

/**
 * Judges an object by what is live, without asking anybody: it is unchanged, or somebody else's. `undefined` where only
 * a dry run can tell.
 */
export function judgeByLive(
  subject: Subject,
  live: KubernetesObject | undefined,
  options: PlanningOptions,
): PlannedItem | undefined {
  if (live === undefined) return undefined
  const { item, body } = subject
  const claim = claimTo(subject, live, options)
  if (claim !== undefined && (!claim.canTakeOver || (claim.because !== undefined && !options.takeOver)))
    return foreign(subject, live, claim, options)
  const going = judgeGoing(subject, live)
  if (going !== undefined) return going
  if ((claim !== undefined && options.takeOver) || options.verifyWithDryRun) return undefined
  if (!certify(body, live, FIELD_MANAGER).unchanged) return undefined
  return { item, body, live: keptOf(subject, live), verdict: 'unchanged', proof: 'certificate', differences: [] }
}

/**
 * Asks the server what an apply would do: one dry run, nothing stored. What the server refuses is a verdict, not an
 * exception; what went wrong on the way is thrown.
 */
export async function judgeByDryRun(
  api: ClusterApi,
  subject: Subject,
  live: KubernetesObject | undefined,
  options: PlanningOptions,
): Promise<PlannedItem> {
  const { item, body } = subject
  const claim = live === undefined ? undefined : claimTo(subject, live, options)
  const isTheirs = claim !== undefined && !options.takeOver
  const succession = live === undefined || isTheirs ? undefined : successionOf(live, claim?.tracker)
  if (
    options.asKeeper === true &&
    live !== undefined &&
    claim?.tracker !== undefined &&
    claim.tracker.managers.length > 0
  )
    return judgeAsKeeper(api, subject, live, claim.tracker)
  try {
    const takenOver =
      live === undefined || claim === undefined || !options.takeOver
        ? undefined
        : await judgeTakeOver(api, subject, live, claim)
    if (takenOver !== undefined) return takenOver
    const rehearsal = await rehearse(api, subject, live, succession)
    return verdictOfRehearsal(subject, live, rehearsal, claim, options)
  } catch (error) {
    // What is wrong with a change does not matter where it is not ours to make: least of all by replacing the object.
    if (isTheirs && isInvalid(error)) return foreign(subject, live, claim, options)
    const judgeRest = (rest: Subject): Promise<PlannedItem> => judgeByDryRun(api, rest, live, options)
    const replacement = await judgeReplacement(api, subject, live, error, options, judgeRest)
    if (replacement !== undefined) return replacement
    if (bindsRoleToCome(error, item)) return unasked({ item, body }, 'none')
    const refusal = refusalOf(await clearerError(api, error, body), item)
    if (refusal === undefined) throw error
    const verdict = refusal.conflict ? 'conflict' : 'refused'
    return { item, body, live, verdict, proof: 'dry-run', differences: [], refusal }
  }
}

function foreign(
  subject: Subject,
  live: KubernetesObject | undefined,
  claim: Claim,
  { rerun }: TakeOverOptions,
): PlannedItem {
  const { item, body } = subject
  const refusal = foreignRefusal(subject, claim, rerun)
  return { item, body, live, verdict: 'foreign', proof: 'observation', differences: [], refusal }
}

/**
 * What stays of a live object once it is known to be unchanged. Thousands of children are kept until the run ends: only
 * what identifies them. What belongs to no database may have to be waited for, so its spec stays.
 */
function keptOf({ owner }: Subject, live: KubernetesObject): KubernetesObject {
  const { managedFields: _, ...metadata } = live.metadata
  if (owner === undefined) return { ...live, metadata }
  const { apiVersion, kind } = live
  const { name, namespace, uid, resourceVersion } = live.metadata
  return {
    apiVersion,
    kind,
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    },
  }
}

/**
 * For everybody but cluster administrators the server looks the Role up before it accepts a binding. The Role of the
 * same set comes first when it is applied, but a dry run leaves nothing behind, so it is not there yet.
 * @see https://kubernetes.io/docs/reference/access-authn-authz/rbac/#restrictions-on-role-binding-creation-or-update
 */
function bindsRoleToCome(error: unknown, { reference }: ApplyItem): boolean {
  return reference.kind.endsWith('RoleBinding') && isNotFound(error) && !isNamespaceMissing(error)
}

/**
 * Server-side apply answers a field that it does not know with a bare internal error; a create names the field.
 * @see https://github.com/kubernetes/kubernetes/issues/139253
 */
async function clearerError(api: ClusterApi, error: unknown, body: KubernetesObject): Promise<unknown> {
  if (!(error instanceof ApiError) || error.code !== 500) return error
  try {
    await api.checkFields(body)
    return error
  } catch (clearer) {
    return clearer
  }
}

/** The refusal to touch an object that is somebody else's. */
export function notOurs({ reference }: ApplyItem, because: string): Refusal {
  const { kind, name, namespace } = reference
  return {
    conflict: false,
    reason: 'NotOurs',
    message: `${kind} ${name} is not touched: ${because}`,
    remedy: `choose another name for the Database, or remove what is there: kubectl -n ${namespace ?? ''} get ${kind.toLowerCase()} ${name} -o yaml`,
    exitCode: EXIT.refused,
  }
}
