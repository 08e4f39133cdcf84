import { Buffer } from 'node:buffer'
import { CREDENTIALS_FIELD_MANAGER, FIELD_MANAGER, POSTGRES_PORT } from '../../api/group.ts'
import type { Database } from '../../api/database.ts'
import { derivedNames, serviceHost } from '../../api/names.ts'
import type { KubernetesObject, ObjectReference } from '../../api/object.ts'
import { connectionKeys } from '../../postgres/connection.ts'
import { generatePassword } from '../../postgres/password.ts'
import { isAlreadyExists } from '../../cluster/error-guards.ts'
import type { CredentialsObservation } from '../../phases/world.ts'
import type { ApplyItem } from '../set/apply-set.ts'
import { observeSecret } from '../cluster/secret-observation.ts'
import type { ClusterApi } from '../cluster/cluster-api.ts'

const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64')

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
  const data = { ...(shell.object['data'] as Record<string, string> | undefined), ...generatedKeys(database) }
  try {
    return await api.create({ ...shell.object, data }, FIELD_MANAGER)
  } catch (error) {
    if (!isAlreadyExists(error)) throw error
    return undefined
  }
}

/**
 * Adds the password to a Secret that was made from Git without one, under a field manager of its own and only if the
 * Secret is still as it was read.
 */
export async function completeCredentials(api: ClusterApi, database: Database): Promise<void> {
  const reference = secretReference(database)
  const live = await api.get(reference)
  const password = (live?.['data'] as Record<string, string> | undefined)?.['password']
  if (live === undefined || (password !== undefined && password !== '')) return
  const { name, uid, resourceVersion } = live.metadata
  const body: KubernetesObject = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name,
      ...(reference.namespace === undefined ? {} : { namespace: reference.namespace }),
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    },
    data: generatedKeys(database),
  }
  await api.apply(body, { manager: CREDENTIALS_FIELD_MANAGER })
}

/** Reads the Secret of a database, the generated one or the one that its spec names. */
export async function readCredentials(api: ClusterApi, database: Database): Promise<CredentialsObservation> {
  const reference = secretReference(database)
  return observeSecret(await api.get(reference), reference.name, database.spec.credentials?.existingSecret)
}

/** The stored password, for a login. */
export async function readPassword(api: ClusterApi, database: Database): Promise<string | undefined> {
  const existing = database.spec.credentials?.existingSecret
  const secret = await api.get(secretReference(database))
  const encoded = (secret?.['data'] as Record<string, string> | undefined)?.[existing?.passwordKey ?? 'password']
  return encoded === undefined ? undefined : Buffer.from(encoded, 'base64').toString('utf8')
}

function secretReference(database: Database): ObjectReference {
  const { name, namespace = 'default' } = database.metadata
  const existing = database.spec.credentials?.existingSecret?.name
  return { apiVersion: 'v1', kind: 'Secret', namespace, name: existing ?? derivedNames(name).credentialsSecret }
}

/** The keys that hold a new password, and those made from it. */
function generatedKeys(database: Database): Record<string, string> {
  const { name, namespace = 'default' } = database.metadata
  const password = generatePassword()
  const keys = connectionKeys({
    host: serviceHost(name, namespace),
    port: POSTGRES_PORT,
    database: database.spec.databaseName,
    username: database.spec.username,
    password,
  })
  return Object.fromEntries(Object.entries({ password, ...keys }).map(([key, value]) => [key, base64(value)]))
}
