import type { Duplex } from 'node:stream'
import { connect } from 'node:net'
import { POSTGRES_PORT } from '../../api/group.ts'
import type { CollationMismatch } from '../../api/collation-mismatch.ts'
import type { ConfigurationInUse } from '../../api/configuration-in-use.ts'
import type { StandbyState } from '../../api/standby-state.ts'
import type { Database } from '../../api/database.ts'
import { podName, serviceHost, standbyPodName } from '../../api/names.ts'
import { parseImage } from '../../postgres/image.ts'
import type { PresentedCertificate } from '../../postgres/server-certificate.ts'
import { verifyLogin } from '../../postgres/verification.ts'
import type { LoginRequest } from '../../postgres/verification.ts'
import type { ClusterApi } from '../cluster/cluster-api.ts'
import { readPassword } from './credentials.ts'
import { tlsRequest } from './server-certificate.ts'

/** How the login reaches the server: through the API server, through the Service (inside the cluster), or not at all. */
export type VerificationRoute = 'port-forward' | 'service' | 'off'

/** What came of a login. */
export type VerificationResult =
  | {
      readonly ok: true
      readonly serverVersion: string
      readonly configuration?: ConfigurationInUse
      readonly standbys?: readonly StandbyState[]
      readonly certificate?: PresentedCertificate
      readonly collation?: CollationMismatch
    }
  | { readonly ok: false; readonly reason: string; readonly message: string }
  | { readonly ok: 'skipped' }

/** How long one login with its checks may take, in milliseconds. */
const VERIFICATION_TIMEOUT_MS = 15_000

/** What is said where the Secret lost its password while the run went on. */
export const NO_PASSWORD = {
  ok: false,
  reason: 'CredentialsMissing',
  message: 'the Secret holds no password',
} as const satisfies VerificationResult

/**
 * Logs in as the application role with the stored password and checks what it finds.
 * @param asked the wanted `postgresql.conf`, without which settings are not looked at, and how many standbys there are
 */
export async function verify(
  api: ClusterApi,
  database: Database,
  route: VerificationRoute,
  { configuration, standbys = 0 }: { readonly configuration?: string; readonly standbys?: number },
): Promise<VerificationResult> {
  if (route === 'off') return { ok: 'skipped' }
  const password = await readPassword(api, database)
  if (password === undefined) return NO_PASSWORD
  return verifyLogin({
    ...(await loginRequest(api, database, route)),
    password,
    configuration,
    standbys: standbyNames(database, standbys),
  })
}

/** Pods of the standbys, by their numbers. */
function standbyNames({ metadata: { name } }: Database, count: number): ReadonlyMap<number, string> {
  return new Map(Array.from({ length: count }, (_, index) => [index + 1, standbyPodName(name, index + 1)]))
}

/** What every login to a database has in common. */
export async function loginRequest(
  api: ClusterApi,
  database: Database,
  route: Exclude<VerificationRoute, 'off'>,
): Promise<Omit<LoginRequest, 'password'>> {
  const { name, namespace = 'default' } = database.metadata
  const open = (): Promise<Duplex> =>
    route === 'service'
      ? connectToService(serviceHost(name, namespace))
      : api.connectToPod(namespace, podName(name, 0), POSTGRES_PORT)
  return {
    connect: open,
    tls: await tlsRequest(api, database),
    database: database.spec.databaseName,
    username: database.spec.username,
    timeoutMs: VERIFICATION_TIMEOUT_MS,
    // Whoever made the data by hand made its role the superuser, as the official image does.
    mayBeSuperuser: database.spec.storage.layout === 'legacy',
    expectedMajor: parseImage(database.spec.image, database.spec.postgresVersion).major,
  }
}

function connectToService(host: string): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port: POSTGRES_PORT })
    socket.once('connect', () => resolve(socket))
    socket.once('error', reject)
  })
}
