import type { KubernetesObject } from '../../api/object.ts'
import type { DatabaseSpec } from '../../api/spec.ts'
import type { CredentialsObservation } from '../../phases/world.ts'

type ExistingSecret = NonNullable<NonNullable<DatabaseSpec['credentials']>['existingSecret']>

/** What a Secret tells without its values: whether a password is there, and how old it is. */
export function observeSecret(
  secret: KubernetesObject | undefined,
  secretName: string,
  existing?: ExistingSecret,
): CredentialsObservation {
  const source = existing === undefined ? 'generated' : 'existing'
  if (secret === undefined) return { secretName, source, state: 'absent' }
  const data = secret['data'] as Record<string, string> | undefined
  const password = data?.[existing?.passwordKey ?? 'password']
  const changedAt = (secret.metadata.managedFields ?? [])
    .map(({ time }) => time ?? '')
    .toSorted()
    .at(-1)
  return {
    secretName,
    source,
    state: password === undefined || password === '' ? 'incomplete' : 'complete',
    ...(secret.metadata.creationTimestamp === undefined ? {} : { createdAt: secret.metadata.creationTimestamp }),
    ...(changedAt === undefined || changedAt === '' ? {} : { changedAt }),
  }
}
