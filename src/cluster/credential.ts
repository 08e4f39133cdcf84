import type { ClientCertificate } from './credential-source.ts'

/** What one request is authenticated with. */
export interface Credential {
  /** Value of the Authorization header. */
  readonly authorization?: string
  readonly clientCertificate?: ClientCertificate
}

/** A way to log in that can be asked again for every request. */
export interface Credentials {
  /**
   * The credential to use now. Cheap when it is cached; callers that ask at the same time share one renewal.
   *
   * @throws CredentialError when there is none to be had
   */
  current(): Promise<Credential>
  /**
   * Says that the server answered 401 to `rejected`.
   *
   * @returns whether {@link current} can give a different one, so that one more attempt makes sense
   */
  invalidate(rejected: Credential): boolean
}
