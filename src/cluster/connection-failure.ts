import { X509Certificate } from 'node:crypto'
import { ConnectionError } from './errors.ts'
import type { RequestOutcome } from './errors.ts'
import { isTrustProblem } from './error-guards.ts'
import { systemErrorCode } from './system-error.ts'

const sentences: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'the connection was reset',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'the network is unreachable',
  ENOTFOUND: 'no such host',
  EAI_AGAIN: 'the name cannot be resolved at the moment',
  EPIPE: 'the connection was closed',
  ETIMEDOUT: 'the connection timed out',
  TRUNCATED: 'the reply was cut off',
  EPROTO: 'the TLS handshake failed; does the server speak https on this port?',
  ERR_SSL_WRONG_VERSION_NUMBER: 'the server does not speak https on this port',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'the server does not speak https on this port',
  CERT_HAS_EXPIRED: "the server's certificate has expired",
  CERT_NOT_YET_VALID: "the server's certificate is not valid yet (is the clock right?)",
  ERR_TLS_CERT_ALTNAME_INVALID: "the server's certificate is for another name",
}

/** What a failed connection is reported with. */
export interface ConnectionFailure {
  /** Base URL of the server. */
  readonly server: string
  readonly outcome: RequestOutcome
  /** PEM of the authority that the server was checked against, when the kubeconfig names one. */
  readonly certificateAuthority?: string
}

/** Turns what Node reports about a connection into one sentence that names the server, the cause and, for TLS, the CA. */
export function connectionError(
  cause: unknown,
  failure: ConnectionFailure,
  code: string = systemErrorCode(cause),
): ConnectionError {
  const { server, outcome } = failure
  const sentence =
    sentences[code] ?? (isTrust(code) ? "the server's certificate cannot be verified" : 'connection failed')
  const checkedBy = isTrust(code) ? `, checked against ${describeAuthority(failure.certificateAuthority)}` : ''
  return new ConnectionError(
    `cannot reach ${server}: ${sentence} (${code})${checkedBy}`,
    { server, code, outcome },
    { cause },
  )
}

function isTrust(code: string): boolean {
  return isTrustProblem(new ConnectionError('', { server: '', code, outcome: 'not-executed' }))
}

function describeAuthority(pem: string | undefined): string {
  if (pem === undefined) return 'the certificate authorities that Node trusts (the kubeconfig names none)'
  return `the kubeconfig's certificate authority ${new X509Certificate(pem).subject.replaceAll('\n', ', ')}`
}
