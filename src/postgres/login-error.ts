import { tlsRejectionOf } from './server-certificate.ts'
import type { TlsRejection } from './server-certificate.ts'

/** Why no session came about or a query failed. */
export type LoginRejection =
  | TlsRejection
  /** Password, role or pg_hba.conf: the server knows who asks and says no. */
  | 'LoginRejected'
  /** The database does not exist. */
  | 'WrongDatabase'
  /** The server is there but takes no sessions yet or any more. */
  | 'ServerStarting'
  | 'TooManyConnections'
  /** Nothing answers, or the connection broke. */
  | 'Unreachable'
  | 'Timeout'
  | 'UnexpectedError'

/** Codes of the server. @see https://www.postgresql.org/docs/current/errcodes-appendix.html */
const SQL_STATES: Readonly<Record<string, LoginRejection>> = {
  '28000': 'LoginRejected',
  '28P01': 'LoginRejected',
  '42501': 'LoginRejected',
  '3D000': 'WrongDatabase',
  '53300': 'TooManyConnections',
  '57014': 'Timeout',
  '57P01': 'ServerStarting',
  '57P02': 'ServerStarting',
  '57P03': 'ServerStarting',
}

/**
 * Takes an error of the driver, a stream, a handshake or the network apart. The server's words are kept.
 * @param connectionLost whether the connection never came about or is gone: then that is the reason, unless the server
 *   gave another one before it closed it
 */
export function rejectionOf(
  error: unknown,
  { connectionLost }: { readonly connectionLost: boolean },
): { ok: false; reason: LoginRejection; message: string } {
  const rejected = hasCode(error) ? tlsRejectionOf(error) : undefined
  if (rejected !== undefined) return { ok: false, ...rejected }
  const { code, message } = describe(error)
  const told = code === undefined ? undefined : SQL_STATES[code]
  return { ok: false, reason: told ?? (connectionLost ? 'Unreachable' : 'UnexpectedError'), message }
}

function hasCode(error: unknown): error is Error & { readonly code: string } {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
}

function describe(error: unknown): { code: string | undefined; message: string } {
  if (!(error instanceof Error)) return { code: undefined, message: 'the connection failed without an error' }
  // Several addresses of one name, all of them refused.
  const first: unknown = error instanceof AggregateError ? error.errors[0] : undefined
  const message = error.message === '' && first instanceof Error ? first.message : error.message
  const code = hasCode(error) ? error.code : undefined
  return { code, message: message === '' ? (code ?? 'the connection failed') : message }
}
