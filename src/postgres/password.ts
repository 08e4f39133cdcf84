import { randomBytes as systemRandomBytes } from 'node:crypto'

/** Letters and digits only: means the same in a URI, a JDBC URL, a pgpass file, a shell and a YAML scalar. */
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

/** Characters of a generated password: 190 bits. */
export const PASSWORD_LENGTH = 32

/** Largest multiple of the alphabet's size that fits a byte; bytes from there on would favour its first letters. */
const UNBIASED_LIMIT = 256 - (256 % ALPHABET.length)

/**
 * Makes a password of 32 letters and digits, each equally likely.
 * @param randomBytes source of that many random bytes; the system's by default
 */
export function generatePassword(randomBytes: (size: number) => Uint8Array = systemRandomBytes): string {
  let password = ''
  while (password.length < PASSWORD_LENGTH) {
    for (const byte of randomBytes(PASSWORD_LENGTH)) {
      if (byte < UNBIASED_LIMIT && password.length < PASSWORD_LENGTH) password += ALPHABET[byte % ALPHABET.length]
    }
  }
  return password
}
