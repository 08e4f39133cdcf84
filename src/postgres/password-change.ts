import { randomBytes } from 'node:crypto'
import { scramVerifier } from './scram.ts'
import { verifyLogin } from './verification.ts'
import type { LoginRequest, LoginVerification } from './verification.ts'

/** Bytes of salt, as many as the server itself takes. */
const SALT_BYTES = 16

/** A login, and passwords that may still be the role's. */
export interface PasswordChangeRequest extends Omit<LoginRequest, 'password' | 'newVerifier'> {
  /** The password that the role shall have. */
  readonly password: string
  /** Passwords that the role may have instead, the likeliest first. */
  readonly formerPasswords: readonly string[]
}

/** A verification, or why the role has another password. No message ever holds one. */
export type PasswordChange =
  | Exclude<LoginVerification, { ok: false }>
  | { readonly ok: false; readonly reason: string; readonly message: string }

/**
 * Gives the role a password, unless it has it already: logs in with a former one, sets the new one as a SCRAM verifier
 * that is computed here, and logs in with the new one. The clear text of neither goes over the wire or into the
 * server's log, whatever `log_statement` says; a role may change its own password, so no superuser is needed.
 *
 * What is to be done is found out from the server alone, so running it again after a kill anywhere goes on from there.
 * Never throws: every outcome is a result.
 * @see https://www.postgresql.org/docs/current/sql-alterrole.html
 */
export async function changePassword(request: PasswordChangeRequest): Promise<PasswordChange> {
  const { password, formerPasswords, ...login } = request
  const first = await verifyLogin({ ...login, password })
  // Any other failure says nothing about the password: the next attempt begins anew.
  if (first.ok || first.reason !== 'LoginRejected') return first
  if (password === '') return { ok: false, reason: 'CredentialsUnreadable', message: 'the new password is empty' }
  const newVerifier = scramVerifier(password, randomBytes(SALT_BYTES))
  for (const former of formerPasswords) {
    const changed = await verifyLogin({ ...login, password: former, newVerifier })
    if (changed.ok) return proof({ ...login, password })
    if (changed.reason !== 'LoginRejected') return changed
  }
  return rejected('the server accepts neither the new password nor a former one')
}

/** A login with the password that the role has just been given. */
async function proof(login: LoginRequest): Promise<PasswordChange> {
  const result = await verifyLogin(login)
  if (result.ok || result.reason !== 'LoginRejected') return result
  return rejected('the server took the new password and rejected a login with it')
}

function rejected(message: string): PasswordChange {
  return { ok: false, reason: 'RotationRejected', message }
}
