import { Buffer } from 'node:buffer'
import { ROTATE_ANNOTATION } from '../../api/group.ts'
import type { KubernetesObject } from '../../api/object.ts'
import type { DatabaseSpec } from '../../api/spec.ts'
import type { CredentialsObservation } from '../../phases/world.ts'
import { isEncryptedUri } from '../../postgres/connection.ts'
import { passwordsOf } from './secret-passwords.ts'

/** What a Secret tells without its values: whether a password is there, how old it is, and whether it is to change. */
export function observeSecret(
  secret: KubernetesObject | undefined,
  secretName: string,
  { credentials, tls }: Pick<DatabaseSpec, 'credentials' | 'tls'>,
): CredentialsObservation {
  const existing = credentials?.existingSecret
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
    ...(source === 'generated' && isOutdated(secret, tls !== undefined) ? { isOutdated: true } : {}),
    ...(secret.metadata.creationTimestamp === undefined ? {} : { createdAt: secret.metadata.creationTimestamp }),
    ...(changedAt === undefined || changedAt === '' ? {} : { changedAt }),
    ...(rotation === undefined ? {} : { rotation }),
    ...(rotatedFor === undefined ? {} : { rotatedFor }),
  }
}

/** Whether the forms say something else about encryption than is wanted. A `uri` that is missing says nothing. */
function isOutdated(secret: KubernetesObject, isEncrypted: boolean): boolean {
  const data = secret['data'] as Readonly<Record<string, string>> | undefined
  const encoded = data?.['uri']
  if (encoded === undefined || encoded === '') return false
  const isVerified = data?.['verified-uri'] !== undefined
  return isEncryptedUri(Buffer.from(encoded, 'base64').toString('utf8')) !== isEncrypted || isVerified !== isEncrypted
}
