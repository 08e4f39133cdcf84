import { X509Certificate, createPrivateKey } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import type { ClientCertificate } from './credential-source.ts'

/**
 * Tells what makes a client certificate unusable, before a server answers it with a bare "unauthorized".
 *
 * @param nowMs - current time, epoch milliseconds
 * @returns a sentence without any key material, or `undefined` when the pair is usable
 */
export function checkClientCertificate({ certificate, key }: ClientCertificate, nowMs: number): string | undefined {
  const parsed = attempt(() => new X509Certificate(certificate))
  if (parsed === undefined) return 'the client certificate is not PEM'
  const privateKey = attempt<KeyObject>(() => createPrivateKey(key))
  if (privateKey === undefined) return 'the client key is not a PEM private key'
  if (!parsed.checkPrivateKey(privateKey)) return 'the client certificate and the client key do not belong together'
  if (parsed.validToDate.getTime() <= nowMs)
    return `the client certificate expired on ${parsed.validToDate.toISOString()}`
  if (parsed.validFromDate.getTime() > nowMs) {
    return `the client certificate is valid only from ${parsed.validFromDate.toISOString()} (is the clock right?)`
  }
  return undefined
}

function attempt<Result>(parse: () => Result): Result | undefined {
  try {
    return parse()
  } catch {
    // Reported by the caller in words of its own: a parser's message may quote key material.
    return undefined
  }
}
