import { ROTATE_ANNOTATION } from '../../api/group.ts'
import type { KubernetesObject } from '../../api/object.ts'
import type { DatabaseSpec } from '../../api/spec.ts'
import type { CredentialsObservation } from '../../phases/world.ts'
import { passwordsOf } from './secret-passwords.ts'

type ExistingSecret = NonNullable<NonNullable<DatabaseSpec['credentials']>['existingSecret']>

/** What a Secret tells without its values: whether a password is there, how old it is, and whether it is to change. */
export function observeSecret(
  secret: KubernetesObject | undefined,
  secretName: string,
  existing?: ExistingSecret,
): CredentialsObservation {
  const source = existing === undefined ? 'generated' : 'existing'
  if (secret === undefined) return { secretName, source, state: 'absent' }
  const { current, rotation } = passwordsOf(secret, existing?.passwordKey ?? 'password', source)
  const changedAt = (secret.metadata.managedFields ?? [])
    .map(({ time }) => time ?? '')
    .toSorted()
    .at(-1)
  const rotatedFor = secret.metadata.annotations?.[ROTATE_ANNOTATION]
  return {
    secretName,
    source,
    state: current === undefined || current === '' ? 'incomplete' : 'complete',
    ...(secret.metadata.creationTimestamp === undefined ? {} : { createdAt: secret.metadata.creationTimestamp }),
    ...(changedAt === undefined || changedAt === '' ? {} : { changedAt }),
    ...(rotation === undefined ? {} : { rotation }),
    ...(rotatedFor === undefined ? {} : { rotatedFor }),
  }
}
