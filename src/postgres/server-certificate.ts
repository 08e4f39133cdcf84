import { createPrivateKey, X509Certificate } from 'node:crypto'

/** How a login encrypts, and what it expects of the server. */
export interface TlsRequest {
  /** Host name that the certificate must be for, whatever way the connection takes. */
  readonly serverName: string
  /** Authorities that are trusted, PEM. @default those that everybody trusts */
  readonly authority?: string | undefined
  /** The certificate that the server shall present, PEM: an older one means that it has not reloaded yet. */
  readonly certificate: string
}

/** What the server presented. */
export interface PresentedCertificate {
  /** When it ends, RFC 3339 in UTC. */
  readonly expires: string
  /** Whether it is the wanted one. */
  readonly isWanted: boolean
}

/** Why a certificate or its absence ended a login. */
export type TlsRejection =
  | 'CertificateExpired'
  | 'CertificateNotYetValid'
  /** It is for other host names. */
  | 'CertificateNameMismatch'
  /** No authority that is trusted has signed it. */
  | 'CertificateNotTrusted'
  /** The server does not encrypt. */
  | 'TlsNotOffered'

/**
 * Codes of a handshake that failed on the certificate.
 * @see https://nodejs.org/docs/latest-v24.x/api/tls.html#x509-certificate-error-codes
 */
const CERTIFICATE_CODES: Readonly<Record<string, TlsRejection>> = {
  CERT_HAS_EXPIRED: 'CertificateExpired',
  CERT_NOT_YET_VALID: 'CertificateNotYetValid',
  ERR_TLS_CERT_ALTNAME_INVALID: 'CertificateNameMismatch',
  CERT_SIGNATURE_FAILURE: 'CertificateNotTrusted',
  CERT_UNTRUSTED: 'CertificateNotTrusted',
  TLS_NOT_OFFERED: 'TlsNotOffered',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'CertificateNotTrusted',
  INVALID_CA: 'CertificateNotTrusted',
  SELF_SIGNED_CERT_IN_CHAIN: 'CertificateNotTrusted',
  UNABLE_TO_GET_ISSUER_CERT: 'CertificateNotTrusted',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'CertificateNotTrusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'CertificateNotTrusted',
}

/** The server was asked to encrypt and does not. */
export class TlsNotOfferedError extends Error {
  override readonly name = 'TlsNotOfferedError'
  readonly code = 'TLS_NOT_OFFERED'
  constructor() {
    super('the server does not encrypt connections: it was asked to and said no')
  }
}

/** What each is for people. Node's own words speak of Node's flags. */
const SENTENCES: Readonly<Record<Exclude<TlsRejection, 'CertificateNameMismatch' | 'TlsNotOffered'>, string>> = {
  CertificateExpired: 'the certificate that the server presents has expired',
  CertificateNotYetValid: 'the certificate that the server presents is not valid yet',
  CertificateNotTrusted:
    'no trusted authority signed the certificate that the server presents; put its authority into the Secret, under ca.crt',
}

/** What an error of a handshake says about the certificate; `undefined` where it says nothing about it. */
export function tlsRejectionOf(
  error: Error & { readonly code: string },
): { readonly reason: TlsRejection; readonly message: string } | undefined {
  const reason = CERTIFICATE_CODES[error.code]
  if (reason === undefined) return undefined
  if (reason === 'TlsNotOffered') return { reason, message: error.message }
  return { reason, message: reason === 'CertificateNameMismatch' ? mismatchOf(error) : SENTENCES[reason] }
}

/** @see https://nodejs.org/docs/latest-v24.x/api/tls.html#tlscheckserveridentityhostname-cert */
function mismatchOf({ host, cert }: Error & { host?: string; cert?: { subjectaltname?: string } }): string {
  const names = cert?.subjectaltname?.replaceAll('DNS:', '') ?? 'nobody'
  return `the certificate that the server presents is not for ${host}: it is for ${names}`
}

/** SHA-256 of the first certificate of a PEM text, with colons between bytes; `undefined` where it holds none. */
export function fingerprintOf(pem: string): string | undefined {
  return parsed(pem)?.fingerprint256
}

/** A certificate and its key as a server would read them: what it is, or why it is of no use. */
export type ServerPair =
  | { readonly ok: true; readonly fingerprint: string; readonly expires: string }
  | { readonly ok: false; readonly problem: string }

/** Reads a pair in PEM. Nothing of the key is kept or told. */
export function readPair(certificate: string, key: string): ServerPair {
  const found = parsed(certificate)
  if (found === undefined) return { ok: false, problem: 'holds no certificate in PEM under tls.crt' }
  try {
    if (!found.checkPrivateKey(createPrivateKey(key)))
      return { ok: false, problem: 'holds a key under tls.key that does not belong to the certificate under tls.crt' }
  } catch {
    return { ok: false, problem: 'holds no private key in PEM without a passphrase under tls.key' }
  }
  return { ok: true, fingerprint: found.fingerprint256, expires: rfc3339Of(found.validTo) }
}

/** The end of a certificate, as OpenSSL writes it, in RFC 3339. */
export function rfc3339Of(validTo: string): string {
  return `${new Date(validTo).toISOString().slice(0, 19)}Z`
}

function parsed(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem)
  } catch {
    return undefined
  }
}
