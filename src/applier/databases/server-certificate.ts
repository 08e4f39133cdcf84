import { Buffer } from 'node:buffer'
import type { Database } from '../../api/database.ts'
import { serviceHost } from '../../api/names.ts'
import type { CertificateObservation } from '../../phases/world.ts'
import { readPair } from '../../postgres/server-certificate.ts'
import type { TlsRequest } from '../../postgres/server-certificate.ts'
import type { ClusterApi } from '../cluster/cluster-api.ts'

type Texts = (key: 'tls.crt' | 'tls.key' | 'ca.crt') => string

/** The texts of a TLS Secret, empty where they are missing; `undefined` where there is none. */
async function readSecret(api: ClusterApi, database: Database, name: string): Promise<Texts | undefined> {
  const { namespace = 'default' } = database.metadata
  const secret = await api.get({ apiVersion: 'v1', kind: 'Secret', namespace, name })
  if (secret === undefined) return undefined
  const data = (secret['data'] as Readonly<Record<string, string>> | undefined) ?? {}
  return (key) => Buffer.from(data[key] ?? '', 'base64').toString('utf8')
}

/** Reads what the TLS Secret of a database tells. The key is judged, never kept. @returns `undefined` where the database has no TLS */
export async function observeCertificate(
  api: ClusterApi,
  database: Database,
): Promise<CertificateObservation | undefined> {
  const secretName = database.spec.tls?.secretName
  if (secretName === undefined) return undefined
  const text = await readSecret(api, database, secretName)
  if (text === undefined) return { secretName, state: 'absent' }
  const missing = (['tls.crt', 'tls.key'] as const).find((key) => text(key) === '')
  if (missing !== undefined) return { secretName, state: 'incomplete', problem: `has no ${missing}` }
  const pair = readPair(text('tls.crt'), text('tls.key'))
  if (!pair.ok) return { secretName, state: 'invalid', problem: pair.problem }
  return { secretName, state: 'complete', fingerprint: pair.fingerprint, expires: pair.expires }
}

/**
 * How a login encrypts and what it expects of the server. Where the Secret has gone, nothing vouches for the server but
 * the authorities that everybody trusts.
 * @returns `undefined` where the database has no TLS
 */
export async function tlsRequest(api: ClusterApi, database: Database): Promise<TlsRequest | undefined> {
  const secretName = database.spec.tls?.secretName
  if (secretName === undefined) return undefined
  const { name, namespace = 'default' } = database.metadata
  const text = await readSecret(api, database, secretName)
  const authority = text?.('ca.crt') ?? ''
  return {
    serverName: serviceHost(name, namespace),
    authority: authority === '' ? undefined : authority,
    certificate: text?.('tls.crt') ?? '',
  }
}
