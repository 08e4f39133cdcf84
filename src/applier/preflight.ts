import { EXIT } from '../api/exit-code.ts'
import { GROUP, PLURAL } from '../api/group.ts'
import type { ClusterApi, Permission } from './cluster-api.ts'
import type { Refusal } from './failure.ts'
import type { VerificationRoute } from './verification.ts'

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
    core('list', 'events'),
    { verb: 'get', group: 'apps', resource: 'statefulsets', namespace },
    { verb: 'watch', group: 'apps', resource: 'statefulsets', namespace },
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
