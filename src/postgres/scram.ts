import { createHash, createHmac, pbkdf2Sync } from 'node:crypto'

/** PostgreSQL's own number of iterations. */
const SCRAM_ITERATIONS = 4096

// RFC 3454 tables C.1.2 (other spaces) and B.1 (mapped to nothing). PostgreSQL drops U+200B, which is in both, as a space.
const OTHER_SPACES = /[\u00A0\u1680\u2000-\u200B\u202F\u205F\u3000]/g
// oxlint-disable-next-line no-misleading-character-class -- the RFC lists joiners and selectors as characters of their own
const MAPPED_TO_NOTHING = /[\u00AD\u034F\u1806\u180B-\u180D\u200C\u200D\u2060\uFE00-\uFE0F\uFEFF]/g

/**
 * The SCRAM-SHA-256 verifier of a password, as PostgreSQL stores it. `ALTER ROLE … PASSWORD` takes it in place of the
 * password, so that the clear text reaches neither the server nor its log.
 * @param salt 16 random bytes
 * @param iterations PostgreSQL's default unless given
 * @throws RangeError for an empty password, which PostgreSQL would take as none, and for an empty salt
 * @see https://www.postgresql.org/docs/current/catalog-pg-authid.html
 */
export function scramVerifier(password: string, salt: Uint8Array, iterations: number = SCRAM_ITERATIONS): string {
  if (password === '') throw new RangeError('an empty password has no verifier')
  if (salt.length === 0) throw new RangeError('a verifier needs a salt')
  const salted = pbkdf2Sync(prepared(password), salt, iterations, 32, 'sha256')
  const clientKey = createHmac('sha256', salted).update('Client Key').digest()
  const storedKey = createHash('sha256').update(clientKey).digest('base64')
  const serverKey = createHmac('sha256', salted).update('Server Key').digest('base64')
  return `SCRAM-SHA-256$${iterations}:${Buffer.from(salt).toString('base64')}$${storedKey}:${serverKey}`
}

/** SASLprep as far as it changes bytes, which is what clients do as well. @see https://www.rfc-editor.org/rfc/rfc4013 */
function prepared(password: string): string {
  return password.replaceAll(OTHER_SPACES, ' ').replaceAll(MAPPED_TO_NOTHING, '').normalize('NFKC')
}
