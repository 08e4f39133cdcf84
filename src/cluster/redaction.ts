import { secretsOf } from '../api/secret-values.ts'

const MASK = '***'

/** Shorter values are ordinary syllables: to hide them would destroy the text and tell where they were. */
const SHORTEST = 4

/** Length of a piece by which a value is recognised where the server cut it off or wrote it in another way. */
const PIECE = 12

/** Values longer than this are recognised as a whole only. */
const LONGEST_IN_PIECES = 65_536

/**
 * Takes the secrets of an object out of what the server says about it: a type mismatch of server-side apply, for one,
 * quotes the value (`.data.password: expected string, got &{…}`), and long values are quoted in part.
 *
 * @param body - what was sent
 */
export function redact(message: string, body: unknown, ...secrets: readonly (string | undefined)[]): string {
  const hidden = [...secretsOf(body), ...secrets.filter((secret) => secret !== undefined)]
    .filter((secret) => secret.length >= SHORTEST)
    .toSorted((left, right) => right.length - left.length)
  const whole = hidden
    .flatMap((secret) => [...new Set([secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)])])
    .reduce((text, secret) => text.replaceAll(secret, MASK), message)
  return withoutPieces(whole, hidden)
}

/** Hides every run of characters that is made of pieces of a secret. */
function withoutPieces(text: string, secrets: readonly string[]): string {
  const pieces = new Set(
    secrets
      .filter(({ length }) => length <= LONGEST_IN_PIECES)
      .flatMap((secret) =>
        Array.from({ length: Math.max(0, secret.length - PIECE + 1) }, (_, at) => secret.slice(at, at + PIECE)),
      ),
  )
  if (pieces.size === 0) return text
  let [shown, end] = ['', 0]
  for (let at = 0; at + PIECE <= text.length; at += 1) {
    if (!pieces.has(text.slice(at, at + PIECE))) continue
    if (at > end || end === 0) shown += text.slice(end, at) + MASK
    end = at + PIECE
  }
  return shown + text.slice(end)
}
