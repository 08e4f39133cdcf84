import { EXIT } from '../api/exit-code.ts'
import { GROUP, PLURAL } from '../api/group.ts'
import { formatObject } from '../api/object.ts'
import type { ObjectReference } from '../api/object.ts'
import { isForbidden, isKindNotServed } from '../cluster/error-guards.ts'
import type { PlannedPrune } from '../plan/prune.ts'
import type { ClusterApi, Permission } from './cluster/cluster-api.ts'
import type { Refusal } from './planning/failure.ts'
import type { VerificationRoute } from './databases/verification.ts'
import type { PlannedItem } from './planning/planned-item.ts'
import { goingOf } from './set/surplus.ts'

/** What the phases do in a namespace beside applying the manifests, which the dry runs have proved already. */
function permissionsOfPhases(namespace: string, route: VerificationRoute): Permission[] {
  const core = (verb: string, resource: string): Permission => ({ verb, group: '', resource, namespace })
  return [
    { verb: 'patch', group: GROUP, resource: PLURAL, subresource: 'status', namespace },
    core('get', 'secrets'),
    core('create', 'secrets'),
    core('list', 'pods'),
    core('watch', 'pods'),
    core('list', 'persistentvolumeclaims'),
    core('watch', 'persistentvolumeclaims'),
    core('list', 'events'),
    { verb: 'list', group: 'apps', resource: 'statefulsets', namespace },
    { verb: 'watch', group: 'apps', resource: 'statefulsets', namespace },
    { verb: 'list', group: GROUP, resource: PLURAL, namespace },
    { verb: 'watch', group: GROUP, resource: PLURAL, namespace },
    ...(route === 'port-forward'
      ? [{ verb: 'create', group: '', resource: 'pods', subresource: 'portforward', namespace }]
      : []),
  ]
}

/** Asks for every permission that the phases need in a namespace, before anything is written; returns what is missing. */
export async function missingPermissions(
  api: ClusterApi,
  namespaces: readonly string[],
  route: VerificationRoute,
): Promise<Refusal[]> {
  const wanted = namespaces.flatMap((namespace) => permissionsOfPhases(namespace, route))
  const allowed = await Promise.all(wanted.map((permission) => api.isAllowed(permission)))
  return wanted.filter((_, index) => allowed[index] !== true).map(refusalOfPermission)
}

/** The objects that no dry run has judged and that the user may not apply. Kinds that are still to be defined are left out. */
export async function missingRights(api: ClusterApi, planned: readonly PlannedItem[]): Promise<Refusal[]> {
  const unjudged = planned
    .filter(({ proof }) => proof === 'schema' || proof === 'none')
    .map(({ item }) => item.reference)
  const allowed = await Promise.all(unjudged.map((reference) => mayApplyIfServed(api, reference)))
  return unjudged
    .filter((_, index) => allowed[index] !== true)
    .map((reference) => ({
      conflict: false,
      reason: 'Forbidden',
      message: `you may not create and patch ${formatObject(reference)}`,
      remedy: `ask for the rights to create and patch ${reference.kind} objects`,
      exitCode: EXIT.failed,
    }))
}

/**
 * The children that the spec no longer asks for and that the user may not delete: asked before anything is written, by a
 * dry run of each deletion. What else the server says of it is for the deletion itself.
 */
export async function missingDeletions(api: ClusterApi, surplus: readonly PlannedPrune[]): Promise<Refusal[]> {
  const refusals = await Promise.all(
    goingOf(surplus).map(async ({ reference, uid }): Promise<Refusal | undefined> => {
      try {
        await api.delete(reference, uid, undefined, { dryRun: true })
      } catch (error) {
        if (isForbidden(error)) return refusalOfDeletion(reference, error.target.resource)
      }
      return undefined
    }),
  )
  return refusals.filter((refusal) => refusal !== undefined)
}

function refusalOfDeletion(reference: ObjectReference, resource: string): Refusal {
  return {
    conflict: false,
    reason: 'Forbidden',
    message: `you may not delete ${formatObject(reference)}, which the spec no longer asks for`,
    remedy: `ask for the right to delete ${resource}`,
    exitCode: EXIT.failed,
  }
}

async function mayApplyIfServed(api: ClusterApi, reference: ObjectReference): Promise<boolean> {
  try {
    return await api.mayApply(reference)
  } catch (error) {
    if (isKindNotServed(error)) return true
    throw error
  }
}

function refusalOfPermission({ verb, group, resource, subresource, namespace }: Permission): Refusal {
  const full = subresource === undefined ? resource : `${resource}/${subresource}`
  const qualified = group === '' ? full : `${full} in API group ${group}`
  return {
    conflict: false,
    reason: 'Forbidden',
    message: `you may not ${verb} ${qualified} in namespace ${namespace ?? ''}`,
    remedy:
      subresource === 'portforward'
        ? `ask for the right to ${verb} ${full}, or skip the login with --verify=off`
        : `ask for the right to ${verb} ${full}`,
    exitCode: EXIT.failed,
  }
}
