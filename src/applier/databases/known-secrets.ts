import type { Database } from '../../api/database.ts'
import type { CertificateObservation, CredentialsObservation, World } from '../../phases/world.ts'
import type { ClusterApi } from '../cluster/cluster-api.ts'
import { readCredentials } from './credentials.ts'
import { readReplicationSecret } from './replication-secret.ts'
import { observeCertificate } from './server-certificate.ts'

/** How long credentials that were complete are taken to be so while a database starts, in milliseconds. */
const FRESH_MS = 30_000

/** What is known of the Secrets of a database, and which must be read again. No view holds them: no watch tells of them. */
export class KnownSecrets {
  readonly #api: ClusterApi
  readonly #now: () => number
  #credentials: CredentialsObservation | undefined
  #readAt = Number.NEGATIVE_INFINITY
  #replicationSecret: World['replicationSecret']
  /** Absent: it is to be read. The Secret is somebody else's, so it is read as often as their credentials. */
  #certificate: { readonly observed: CertificateObservation | undefined } | undefined

  /** @param now milliseconds since the epoch */
  constructor(api: ClusterApi, now: () => number) {
    this.#api = api
    this.#now = now
  }

  /** Takes over what somebody has read or written; `undefined` where the credentials are to be read. */
  learn(credentials: CredentialsObservation | undefined): void {
    this.#credentials = credentials
    this.#readAt = this.#now()
  }

  /** The Secret of the standbys is to be read. */
  forgetReplicationSecret(): void {
    this.#replicationSecret = undefined
  }

  /** All of them are to be read. */
  forget(): void {
    this.learn(undefined)
    this.#replicationSecret = undefined
    this.#certificate = undefined
  }

  /** The same, but for credentials that were complete a moment ago and about which nothing is to be done. */
  doubt(): void {
    const { state, source, rotation, isOutdated } = this.#credentials ?? {}
    const isSettled = state === 'complete' && source === 'generated' && rotation === undefined && isOutdated !== true
    const isFresh = Math.abs(this.#now() - this.#readAt) < FRESH_MS
    if (!isSettled || !isFresh) this.forget()
    this.#certificate = undefined
  }

  /** Those of others are to be read, and one of ours that has no password yet. */
  forgetForeign(): void {
    if (this.#credentials?.state !== 'complete' || this.#credentials.source === 'existing')
      this.#credentials = undefined
    this.#certificate = undefined
  }

  /** Reads what is to be read. @returns what is known then */
  async read(database: Database): Promise<Pick<World, 'credentials' | 'replicationSecret' | 'certificate'>> {
    const credentials = this.#credentials ?? (await readCredentials(this.#api, database))
    if (this.#credentials === undefined) this.learn(credentials)
    const hasStandbys = database.spec.replicas > 1
    if (hasStandbys) this.#replicationSecret ??= await readReplicationSecret(this.#api, database)
    this.#certificate ??= { observed: await observeCertificate(this.#api, database) }
    return {
      credentials,
      ...(hasStandbys ? { replicationSecret: this.#replicationSecret } : {}),
      certificate: this.#certificate.observed,
    }
  }
}
