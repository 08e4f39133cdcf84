/** Unique texts that stand for secrets, and the search for them in whatever a program wrote. */
import { randomBytes } from 'node:crypto'
import { readFileSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'

/** Length of a piece by which a canary is recognised that was cut off or broken up. */
const PIECE = 12

/** A secret nobody else has: with characters that URLs, base64 and quotes write in another way. */
export function canary(): string {
  return `${randomBytes(12).toString('hex')}/${randomBytes(6).toString('hex')}+Zz=`
}

/** Every way in which a text shows a secret: itself, pieces of it, as part of a URL, within base64 at any offset. */
export function tracesOf(secret: string): readonly string[] {
  const pieces = Array.from({ length: Math.max(1, secret.length - PIECE + 1) }, (_, at) => secret.slice(at, at + PIECE))
  const aligned = [0, 1, 2].map((offset) => {
    const encoded = Buffer.from(`${'x'.repeat(offset)}${secret}`)
      .toString('base64')
      .replace(/=+$/, '')
    // The first and the last characters depend on what stands beside the secret.
    return encoded.slice(offset === 0 ? 0 : offset + 1, -2)
  })
  const inBase64 = aligned.flatMap((text) => [text, text.replaceAll('+', '-').replaceAll('/', '_')])
  return [
    ...new Set([
      ...pieces,
      ...inBase64,
      encodeURIComponent(secret),
      encodeURIComponent(Buffer.from(secret).toString('base64')),
    ]),
  ]
}

const known = new Map<string, readonly string[]>()

/** The places of a text where a secret shows, for the message of a failed test. */
export function leaksIn(text: string, secrets: Iterable<string>): string[] {
  return [...secrets].flatMap((secret) => {
    const traces = known.get(secret) ?? tracesOf(secret)
    known.set(secret, traces)
    const trace = traces.find((candidate) => text.includes(candidate))
    if (trace === undefined) return []
    const at = text.indexOf(trace)
    return [text.slice(Math.max(0, at - 80), at + trace.length + 20)]
  })
}

/** Name and text of every file in a directory and below, which is empty afterwards. */
export function takeFiles(directory: string): { file: string; text: string }[] {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true })
  const found = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .map((file) => ({ file, text: readFileSync(file, 'latin1') }))
  for (const name of readdirSync(directory)) rmSync(join(directory, name), { recursive: true })
  return found
}
