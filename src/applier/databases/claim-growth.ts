import { FIELD_MANAGER } from '../../api/group.ts'
import type { KubernetesObject, ObjectReference } from '../../api/object.ts'
import { sizePatch } from '../planning/claim-size.ts'
import { isConflict } from '../../cluster/error-guards.ts'
import { ApiError } from '../../cluster/errors.ts'
import type { ClusterApi } from '../cluster/cluster-api.ts'

/** Attempts while the controllers write the claim's status. */
const ATTEMPTS = 5

/**
 * Asks for a larger volume: changes the size of one claim, and nothing else of it. Doing it twice does no harm.
 * @param uid precondition: another claim of the same name is left alone
 * @throws ApiError 403 where the claim's class cannot expand, or a quota is exceeded; 409 where the claim is gone, or another one
 */
export async function growClaim(
  api: ClusterApi,
  reference: ObjectReference,
  uid: string,
  size: string,
): Promise<KubernetesObject> {
  for (let attempt = 1; ; attempt += 1) {
    const live = await api.get(reference)
    if (live === undefined || live.metadata.uid !== uid) throw goneError(reference)
    const guard = {
      op: 'replace',
      path: '/metadata/resourceVersion',
      value: live.metadata.resourceVersion ?? '',
    } as const
    try {
      return await api.patch(reference, [guard, ...sizePatch(size)], { manager: FIELD_MANAGER })
    } catch (error) {
      if (!isConflict(error) || attempt === ATTEMPTS) throw error
    }
  }
}

function goneError({ name, namespace }: ObjectReference): ApiError {
  return new ApiError({
    target: {
      verb: 'get',
      resource: 'persistentvolumeclaims',
      name,
      ...(namespace === undefined ? {} : { namespace }),
    },
    code: 409,
    reason: 'Conflict',
    serverMessage: `claim ${name} was deleted while it was to grow`,
    about: { name },
  })
}
