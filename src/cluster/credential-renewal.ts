import type { ClusterConnection } from './cluster-connection.ts'
import type { Credential, Credentials } from './credential.ts'
import { describeCredentials } from './credential-source.ts'
import { abortable } from './deadline.ts'
import { ApiError, CredentialError, formatTarget } from './errors.ts'
import type { RequestTarget } from './errors.ts'

/** Runs what needs a credential, and renews one that the server rejects, once. */
export class CredentialRenewal {
  readonly #connection: ClusterConnection
  readonly #credentials: Credentials

  constructor(connection: ClusterConnection, credentials: Credentials) {
    this.#connection = connection
    this.#credentials = credentials
  }

  /**
   * Runs something that needs a credential, and once more with a renewed one when the server answers 401.
   *
   * @throws CredentialError when the server rejects the renewed one too, or there is nothing to renew
   */
  async run<Result>(
    target: RequestTarget,
    signal: AbortSignal | undefined,
    use: (credential: Credential) => Promise<Result>,
  ): Promise<Result> {
    const credential = await abortable(this.#credentials.current(), signal)
    let rejected: unknown
    try {
      return await use(credential)
    } catch (error) {
      if (!isUnauthorized(error)) throw error
      rejected = error
    }
    if (!this.#credentials.invalidate(credential)) throw this.#rejected(target, rejected)
    const renewed = await abortable(this.#credentials.current(), signal)
    if (isSame(credential, renewed)) throw this.#rejected(target, rejected)
    try {
      return await use(renewed)
    } catch (error) {
      throw isUnauthorized(error) ? this.#rejected(target, error) : error
    }
  }

  #rejected(target: RequestTarget, cause: unknown): CredentialError {
    const { server, context, credentials } = this.#connection
    return new CredentialError(
      `${formatTarget(target)}: ${server.origin} rejected the credentials of context ${context} (${describeCredentials(credentials)})`,
      { rejected: true, hint: 'log in again, or choose another context with --context' },
      { cause },
    )
  }
}

function isSame(one: Credential, other: Credential): boolean {
  return (
    one.authorization === other.authorization &&
    one.clientCertificate?.certificate === other.clientCertificate?.certificate
  )
}

function isUnauthorized(error: unknown): boolean {
  return error instanceof ApiError && error.code === 401
}
