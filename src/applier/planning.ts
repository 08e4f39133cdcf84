import { EXIT } from '../api/exit-code.ts'
import { FIELD_MANAGER } from '../api/group.ts'
import type { KubernetesObject } from '../api/object.ts'
import { compare } from '../plan/verdict.ts'
import type { FieldDifference } from '../plan/difference.ts'
import { ApiError } from '../cluster/errors.ts'
import { isNamespaceMissing, isNotFound } from '../cluster/error-guards.ts'
import type { ApplyItem } from './apply-set.ts'
import type { ClusterApi } from './cluster-api.ts'
import { refusalOf } from './failure.ts'
import type { Refusal } from './failure.ts'
import { notOursBecause } from './ownership.ts'
import type { Owner } from './ownership.ts'

/** What applying one object would do. */
export interface PlannedItem {
  readonly item: ApplyItem
  /** What is sent: the manifest, with the owner reference where the owner exists already. */
  readonly body: KubernetesObject
  readonly live: KubernetesObject | undefined
  readonly verdict: 'create' | 'update' | 'unchanged' | 'conflict' | 'refused'
  readonly differences: readonly FieldDifference[]
  /** Whether the server said so in a dry run; false where it could not judge yet. */
  readonly judged: boolean
  /** Why not, for `conflict` and `refused`. */
  readonly refusal?: Refusal
}

/** What planning needs to know beside the object. */
export interface PlanningContext {
  readonly force: boolean
  /** The Database whose child this is; absent for objects that belong to none. */
  readonly owner?: Owner
  /** Whether the server can judge the object: false while its namespace or definition is still to be created. */
  readonly judged: boolean
}

/**
 * Asks the server what an apply would do: one GET, one dry run, nothing stored. What the server refuses is a verdict,
 * not an exception; what went wrong on the way is thrown.
 */
export async function planItem(
  api: ClusterApi,
  item: ApplyItem,
  body: KubernetesObject,
  context: PlanningContext,
): Promise<PlannedItem> {
  if (!context.judged) return { item, body, live: undefined, verdict: 'create', differences: [], judged: false }
  let live: KubernetesObject | undefined
  try {
    live = await api.get(item.reference)
    const obstacle = live === undefined || context.owner === undefined ? undefined : notOursBecause(live, context.owner)
    if (obstacle !== undefined) {
      return { item, body, live, verdict: 'refused', differences: [], judged: true, refusal: notOurs(item, obstacle) }
    }
    const applied = await api.apply(body, { manager: FIELD_MANAGER, dryRun: true, force: context.force })
    return { item, body, live, judged: true, ...compare(live, applied, FIELD_MANAGER) }
  } catch (error) {
    if (bindsRoleToCome(error, item)) return { item, body, live, verdict: 'create', differences: [], judged: false }
    const refusal = refusalOf(await clearerError(api, error, body), item)
    if (refusal === undefined) throw error
    return {
      item,
      body,
      live,
      verdict: refusal.conflict ? 'conflict' : 'refused',
      differences: [],
      judged: true,
      refusal,
    }
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
