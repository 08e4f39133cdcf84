import { Buffer } from 'node:buffer'
import { CREDENTIALS_FIELD_MANAGER, POSTGRES_PORT, ROTATE_ANNOTATION } from '../../api/group.ts'
import type { Database } from '../../api/database.ts'
import { authorityFile, derivedNames, serviceHost } from '../../api/names.ts'
import type { KubernetesObject, ObjectReference } from '../../api/object.ts'
import type { CredentialsObservation } from '../../phases/world.ts'
import { connectionKeys } from '../../postgres/connection.ts'
import type { ClusterApi } from '../cluster/cluster-api.ts'
import { NEXT_PASSWORD_KEY } from '../cluster/secret-passwords.ts'

/** What a generated Secret is to hold. */
export interface StoredPassword {
  /** The current password, from which the ready-made forms are made. */
  readonly password: string
  /** The password that is to become the current one. */
  readonly next?: string | undefined
  /** The request that the newest of them answers. */
  readonly request?: string | undefined
}

/** Where the credentials of a database are: the generated Secret, or the one that its spec names. */
export function secretReference(database: Database): ObjectReference {
  const { name, namespace = 'default' } = database.metadata
  const existing = database.spec.credentials?.existingSecret?.name
  return { apiVersion: 'v1', kind: 'Secret', namespace, name: existing ?? derivedNames(name).credentialsSecret }
}

/** Key of the current password. */
export function passwordKeyOf({ spec }: Database): string {
  return spec.credentials?.existingSecret?.passwordKey ?? 'password'
}

/** Who keeps the Secret. */
export function sourceOf({ spec }: Database): CredentialsObservation['source'] {
  return spec.credentials?.existingSecret === undefined ? 'generated' : 'existing'
}

/** What the annotation of a Database asks for now. */
export function requestOf({ metadata }: Database): string | undefined {
  const request = metadata.annotations?.[ROTATE_ANNOTATION]
  return request === '' ? undefined : request
}

/** The annotation of a Secret whose password has answered a request. */
export function requestAnnotation(request: string | undefined): Record<string, string> {
  return request === undefined ? {} : { [ROTATE_ANNOTATION]: request }
}

/**
 * The keys that hold a password, and those made from it.
 * @throws RangeError where the password holds a line break or NUL
 */
export function passwordData(database: Database, { password, next }: StoredPassword): Record<string, string> {
  const { name, namespace = 'default' } = database.metadata
  const keys = connectionKeys({
    host: serviceHost(name, namespace),
    port: POSTGRES_PORT,
    database: database.spec.databaseName,
    username: database.spec.username,
    password,
    tls: database.spec.tls === undefined ? undefined : { authorityFile: authorityFile(name) },
  })
  const texts = { password, ...keys, ...(next === undefined ? {} : { [NEXT_PASSWORD_KEY]: next }) }
  return Object.fromEntries(
    Object.entries(texts).map(([key, text]) => [key, Buffer.from(text, 'utf8').toString('base64')]),
  )
}

/**
 * Writes the password of a generated Secret and everything made from it, all of it in each request: what is left out
 * and was ours is removed by the server. Refused with a conflict where the Secret has changed since it was read.
 */
export function writePassword(
  api: ClusterApi,
  database: Database,
  live: KubernetesObject,
  stored: StoredPassword,
  { force }: { readonly force: boolean },
): Promise<KubernetesObject> {
  const { name, namespace, uid, resourceVersion } = live.metadata
  const annotations = requestAnnotation(stored.request)
  const body: KubernetesObject = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
      ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
    },
    data: passwordData(database, stored),
  }
  return api.apply(body, { manager: CREDENTIALS_FIELD_MANAGER, force })
}
