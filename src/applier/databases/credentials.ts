import { FIELD_MANAGER, ROTATE_ANNOTATION } from '../../api/group.ts'
import type { Database } from '../../api/database.ts'
import type { KubernetesObject } from '../../api/object.ts'
import { generatePassword } from '../../postgres/password.ts'
import { isAlreadyExists } from '../../cluster/error-guards.ts'
import type { CredentialsObservation } from '../../phases/world.ts'
import type { ApplyItem } from '../set/apply-set.ts'
import { observeSecret } from '../cluster/secret-observation.ts'
import { passwordsOf } from '../cluster/secret-passwords.ts'
import type { ClusterApi } from '../cluster/cluster-api.ts'
import {
  passwordData,
  passwordKeyOf,
  requestAnnotation,
  requestOf,
  secretReference,
  sourceOf,
  writePassword,
} from './credentials-secret.ts'

/**
 * Creates the credentials Secret in one request that carries the password and everything else. Where somebody was
 * faster, theirs stands: a password is never written over.
 * @returns the Secret where this call created it
 */
export async function createCredentials(
  api: ClusterApi,
  shell: ApplyItem,
  database: Database,
): Promise<KubernetesObject | undefined> {
  const shellData = shell.object['data'] as Record<string, string> | undefined
  const data = { ...shellData, ...passwordData(database, { password: generatePassword() }) }
  const { metadata } = shell.object
  const annotations = { ...metadata.annotations, ...requestAnnotation(requestOf(database)) }
  try {
    return await api.create({ ...shell.object, metadata: { ...metadata, annotations }, data }, FIELD_MANAGER)
  } catch (error) {
    if (!isAlreadyExists(error)) throw error
    return undefined
  }
}

/**
 * Adds the password to a Secret that was made from Git without one, under a field manager of its own and only if the
 * Secret is still as it was read. Where the password is there and the forms made from it are outdated, they are written anew. Where forms made from a password are left, that one is put back.
 */
export async function completeCredentials(api: ClusterApi, database: Database): Promise<void> {
  const live = await api.get(secretReference(database))
  if (live === undefined) return
  const { current, wanted, former } = passwordsOf(live, 'password', 'generated')
  if (current !== undefined && current !== '') {
    if (!observeSecret(live, live.metadata.name, database.spec).isOutdated) return
    const request = live.metadata.annotations?.[ROTATE_ANNOTATION]
    await writePassword(api, database, live, { password: current, request }, { force: true })
    return
  }
  // Left by a rotation that was killed: the server may have it already.
  const next = wanted === '' ? undefined : wanted
  const left = former[0] ?? next
  const stored =
    left === undefined
      ? { password: generatePassword(), request: requestOf(database) }
      : {
          password: left,
          next: next === left ? undefined : next,
          request: live.metadata.annotations?.[ROTATE_ANNOTATION],
        }
  await writePassword(api, database, live, stored, { force: false })
}

/** Reads the Secret of a database, the generated one or the one that its spec names. */
export async function readCredentials(api: ClusterApi, database: Database): Promise<CredentialsObservation> {
  const reference = secretReference(database)
  return observeSecret(await api.get(reference), reference.name, database.spec)
}

/** The stored password, for a login. */
export async function readPassword(api: ClusterApi, database: Database): Promise<string | undefined> {
  const secret = await api.get(secretReference(database))
  return secret === undefined ? undefined : passwordsOf(secret, passwordKeyOf(database), sourceOf(database)).current
}
