/** The values in Secrets as programs see them. */
import type { Secret } from './objects.ts'

/** The Secret's values, decoded; nothing for no Secret. */
export function decodedSecret(secret: Secret | undefined): Readonly<Record<string, string>> | undefined {
  if (secret === undefined) return undefined
  const entries = Object.entries(secret.data ?? {})
  return Object.fromEntries(entries.map(([key, value]) => [key, Buffer.from(value, 'base64').toString('utf8')]))
}
