/** What a request was about, in the words of RBAC; stands in every error and in the request count. */
export interface RequestTarget {
  /** `get`, `list`, `watch`, `create`, `update`, `patch` or `delete`. */
  readonly verb: string
  /** Plural, with the sub-resource: `statefulsets`, `databases/status`. */
  readonly resource: string
  readonly namespace?: string
  readonly name?: string
}

/** One entry of `status.details.causes`. */
export interface StatusCause {
  readonly reason?: string
  readonly message?: string
  readonly field?: string
}

/** `patch statefulsets shop/orders`. */
export function formatTarget(target: RequestTarget): string {
  const name = [target.namespace, target.name].filter((part) => part !== undefined).join('/')
  return [target.verb, target.resource, name].filter((part) => part !== '').join(' ')
}

/** What the API server said about a request that it refused. */
export interface ApiErrorDetails {
  readonly target: RequestTarget
  /** HTTP status code. */
  readonly code: number
  /** `status.reason`, such as `Conflict`; absent when the reply was not a Kubernetes Status. */
  readonly reason?: string
  /** The server's message as it was sent. It never holds a request body. */
  readonly serverMessage: string
  readonly causes?: readonly StatusCause[]
  /** `status.details.kind` and `.name`: the object that the refusal is about, which is not always the one asked for. */
  readonly about?: { readonly kind?: string; readonly name?: string }
  readonly retryAfterMs?: number
}

/** The API server answered, and the answer is no. The guards beside this class tell which no it is. */
export class ApiError extends Error {
  override readonly name = 'ApiError' as const
  readonly target: RequestTarget
  readonly code: number
  readonly reason: string | undefined
  readonly serverMessage: string
  readonly causes: readonly StatusCause[]
  readonly about: { readonly kind?: string; readonly name?: string }
  /** How long the server asked to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined

  constructor(details: ApiErrorDetails, options?: ErrorOptions) {
    const reason = details.reason === undefined ? '' : ` ${details.reason}`
    super(`${formatTarget(details.target)}: ${details.code}${reason}: ${details.serverMessage}`, options)
    this.target = details.target
    this.code = details.code
    this.reason = details.reason
    this.serverMessage = details.serverMessage
    this.causes = details.causes ?? []
    this.about = details.about ?? {}
    this.retryAfterMs = details.retryAfterMs
  }
}

/** The server does not serve this kind: its CustomResourceDefinition is not installed, or the version is wrong. */
export class KindNotServedError extends Error {
  override readonly name = 'KindNotServedError' as const
  readonly apiVersion: string
  readonly kind: string

  constructor(apiVersion: string, kind: string, options?: ErrorOptions) {
    super(`the API server does not serve ${kind} of ${apiVersion}`, options)
    this.apiVersion = apiVersion
    this.kind = kind
  }
}

/**
 * Whether the server may have acted on the request. `not-executed` is certain; `unknown` means: read again before
 * deciding, never send a create a second time.
 */
export type RequestOutcome = 'not-executed' | 'unknown'

/** No complete answer arrived: refused, reset, cut off, or TLS that cannot be trusted. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError' as const
  readonly server: string
  /** Node's code of the cause (`ECONNREFUSED`, `CERT_HAS_EXPIRED`), or `TRUNCATED` for a body that was cut off. */
  readonly code: string
  readonly outcome: RequestOutcome

  constructor(
    message: string,
    details: { readonly server: string; readonly code: string; readonly outcome: RequestOutcome },
    options?: ErrorOptions,
  ) {
    super(message, options)
    this.server = details.server
    this.code = details.code
    this.outcome = details.outcome
  }
}

/** The time for a request, or for all its attempts, is over. */
export class RequestTimeoutError extends Error {
  override readonly name = 'RequestTimeoutError' as const
  readonly target: RequestTarget
  readonly timeoutMs: number
  readonly outcome: RequestOutcome

  constructor(
    message: string,
    details: { readonly target: RequestTarget; readonly timeoutMs: number; readonly outcome: RequestOutcome },
    options?: ErrorOptions,
  ) {
    super(message, options)
    this.target = details.target
    this.timeoutMs = details.timeoutMs
    this.outcome = details.outcome
  }
}

/**
 * A complete answer that no Kubernetes API server gives to this request: an HTML page with status 200, `{}`, another
 * kind, a redirect. It must never be read as "nothing exists".
 */
export class UnexpectedReplyError extends Error {
  override readonly name = 'UnexpectedReplyError' as const
  readonly target: RequestTarget
  readonly code: number

  constructor(target: RequestTarget, code: number, problem: string, options?: ErrorOptions) {
    super(`${formatTarget(target)}: ${problem}; is something else answering in place of the API server?`, options)
    this.target = target
    this.code = code
  }
}

/** No usable credential: the plugin failed, a file is missing, or the server rejected what there is. */
export class CredentialError extends Error {
  override readonly name = 'CredentialError' as const
  /** True when the API server answered 401 although the credential was renewed where that is possible. */
  readonly rejected: boolean
  /** What to do next, for the last line of an error. */
  readonly hint: string | undefined

  constructor(
    message: string,
    details: { readonly rejected?: boolean; readonly hint?: string } = {},
    options?: ErrorOptions,
  ) {
    super(message, options)
    this.rejected = details.rejected ?? false
    this.hint = details.hint
  }
}

/** The kubeconfig is missing, unreadable, contradictory or unsafe. */
export class KubeconfigError extends Error {
  override readonly name = 'KubeconfigError' as const
  /** File, and the entry in it where that is known. */
  readonly where: string | undefined
  /** What to do next, for the last line of an error. */
  readonly hint: string | undefined

  constructor(
    message: string,
    details: { readonly where?: string; readonly hint?: string } = {},
    options?: ErrorOptions,
  ) {
    super(message, options)
    this.where = details.where
    this.hint = details.hint
  }
}
