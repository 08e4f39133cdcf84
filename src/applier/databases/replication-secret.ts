import { Buffer } from 'node:buffer'
import { randomBytes } from 'node:crypto'
import type { Database } from '../../api/database.ts'
import { FIELD_MANAGER } from '../../api/group.ts'
import { objectLabels } from '../../api/labels.ts'
import { derivedNames } from '../../api/names.ts'
import type { KubernetesObject, ObjectReference } from '../../api/object.ts'
import type { World } from '../../phases/world.ts'
import { generatePassword } from '../../postgres/password.ts'
import { scramVerifier } from '../../postgres/scram.ts'
import { isAlreadyExists } from '../../cluster/error-guards.ts'
import type { ClusterApi } from '../cluster/cluster-api.ts'
import { ownedBy } from '../set/owner.ts'

function referenceOfSecret({ metadata: { name, namespace = 'default' } }: Database): ObjectReference {
  return { apiVersion: 'v1', kind: 'Secret', namespace, name: derivedNames(name).replicationSecret }
}

/** What is known of the Secret of the standbys. */
export async function readReplicationSecret(
  api: ClusterApi,
  database: Database,
): Promise<NonNullable<World['replicationSecret']>> {
  const secret = await api.get(referenceOfSecret(database))
  if (secret === undefined) return 'absent'
  const data = secret['data'] as Readonly<Record<string, string>> | undefined
  const isComplete = [data?.['password'], data?.['verifier']].every((value) => value !== undefined && value !== '')
  return isComplete ? 'complete' : 'incomplete'
}

/**
 * Makes the Secret of the standbys: the password for them, and what proves it for the primary, so that its server never
 * sees the password itself. Unlike the application's credentials it may be lost: the next one is given to the role by the
 * primary, so it goes with the Database that owns it, and nobody else needs to keep it.
 */
export async function makeReplicationSecret(api: ClusterApi, database: Database): Promise<KubernetesObject> {
  const { apiVersion, kind, ...place } = referenceOfSecret(database)
  const { name, uid = '' } = database.metadata
  const password = generatePassword()
  const encode = (text: string): string => Buffer.from(text, 'utf8').toString('base64')
  const shell = { apiVersion, kind, metadata: { ...place, labels: { ...objectLabels(name) } } }
  const secret = {
    ...ownedBy(shell, name, uid),
    type: 'Opaque',
    data: { password: encode(password), verifier: encode(scramVerifier(password, randomBytes(16))) },
  }
  try {
    return await api.create(secret, FIELD_MANAGER)
  } catch (error) {
    if (!isAlreadyExists(error)) throw error
    const live = await api.get(referenceOfSecret(database))
    // Somebody was faster, or left half of it: a pair must be of one making.
    if (live === undefined || (await readReplicationSecret(api, database)) === 'complete') return live ?? secret
    return api.apply(secret, { manager: FIELD_MANAGER, force: true })
  }
}
