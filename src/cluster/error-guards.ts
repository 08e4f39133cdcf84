import { ApiError, ConnectionError, CredentialError, KindNotServedError, KubeconfigError } from './errors.ts'

/** A field that another manager owns. */
export interface FieldConflict {
  /** Path as the server writes it: `.spec.replicas`. */
  readonly field: string
  /** Name of the other manager, or the server's sentence where it has another form. */
  readonly manager: string
}

/** An {@link ApiError} with its HTTP status code known: a guard that says no leaves other refusals possible. */
export type Refusal<Code extends number> = ApiError & { readonly code: Code }

/** The object does not exist. Not true for a kind that is not served, see {@link isKindNotServed}. */
export function isNotFound(error: unknown): error is Refusal<404> {
  return error instanceof ApiError && error.code === 404 && error.about.name !== undefined
}

/**
 * The path itself is unknown to the server. It answers that with a bare `404 page not found`, or with a Status that
 * names no object.
 */
export function isKindNotServed(error: unknown): error is Refusal<404> | KindNotServedError {
  if (error instanceof KindNotServedError) return true
  return error instanceof ApiError && error.code === 404 && error.about.name === undefined
}

/** The namespace of the object does not exist (create and apply in a namespace that is not there). */
export function isNamespaceMissing(error: unknown): error is Refusal<404> {
  return isNotFound(error) && error.about.kind === 'namespaces' && error.target.resource !== 'namespaces'
}

/** The object changed since it was read: read again, compute again. */
export function isConflict(error: unknown): error is Refusal<409> {
  return (
    error instanceof ApiError && error.code === 409 && error.reason === 'Conflict' && !isFieldManagerConflict(error)
  )
}

/** Another manager owns a field that was applied with a different value. Waiting does not help. */
export function isFieldManagerConflict(error: unknown): error is Refusal<409> {
  return (
    error instanceof ApiError &&
    error.code === 409 &&
    error.causes.some((cause) => cause.reason === 'FieldManagerConflict')
  )
}

/**
 * Who owns what, of a server-side apply conflict. The API carries the manager's name only inside the message of each
 * cause (`conflict with "kubectl" using apps/v1`), so the name is taken from there and nothing is decided by it.
 */
export function fieldConflictsOf(error: ApiError): readonly FieldConflict[] {
  return error.causes
    .filter((cause) => cause.reason === 'FieldManagerConflict')
    .map((cause) => ({
      field: cause.field ?? '',
      manager: /^conflict with "((?:[^"\\]|\\.)*)"/.exec(cause.message ?? '')?.[1] ?? cause.message ?? '',
    }))
}

/** An object of this name exists already, or still exists while it is being deleted. */
export function isAlreadyExists(error: unknown): error is Refusal<409> {
  return error instanceof ApiError && error.code === 409 && error.reason === 'AlreadyExists'
}

/** Not allowed: by RBAC, by admission or quota, or because the namespace is being deleted. */
export function isForbidden(error: unknown): error is Refusal<403> {
  return error instanceof ApiError && error.code === 403
}

/** Nothing can be created in the namespace any more. */
export function isNamespaceTerminating(error: unknown): error is Refusal<403> {
  return isForbidden(error) && error.causes.some((cause) => cause.reason === 'NamespaceTerminating')
}

/** The object breaks a rule of its schema, or changes what may not change. */
export function isInvalid(error: unknown): error is Refusal<422> {
  return error instanceof ApiError && error.code === 422
}

/** The resourceVersion or continue token is too old: list again. */
export function isGone(error: unknown): error is Refusal<410> {
  return error instanceof ApiError && error.code === 410
}

const trustProblems: ReadonlySet<string> = new Set([
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_SIGNATURE_FAILURE',
  'CERT_REVOKED',
  'CERT_UNTRUSTED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'HOSTNAME_MISMATCH',
  'INVALID_CA',
  'INVALID_PURPOSE',
  'PATH_LENGTH_EXCEEDED',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
])

/** The server's certificate cannot be trusted. Asking again does not change that. */
export function isTrustProblem(error: unknown): error is ConnectionError & { readonly outcome: 'not-executed' } {
  return error instanceof ConnectionError && trustProblems.has(error.code)
}

/** `transient` goes away by waiting; `permanent` needs a change of spec, rights or configuration. */
export type ErrorClass = 'transient' | 'permanent'

/**
 * Tells whether waiting helps. Decided by type, code and details, never by the text of a message.
 *
 * Forbidden is permanent here: it ends a run at once. Something that runs for ever may still look again, slowly,
 * because rights can be granted and quota can be freed.
 */
export function classifyError(error: unknown): ErrorClass {
  if (error instanceof KubeconfigError || error instanceof CredentialError) return 'permanent'
  if (error instanceof KindNotServedError || isTrustProblem(error)) return 'permanent'
  if (!(error instanceof ApiError)) return 'transient'
  if (isFieldManagerConflict(error)) return 'permanent'
  if ([408, 409, 410, 425, 429].includes(error.code)) return 'transient'
  return error.code >= 500 && error.code !== 501 ? 'transient' : 'permanent'
}
