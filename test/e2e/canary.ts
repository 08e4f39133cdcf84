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

/** Length of the beginning by which traces are looked up; none is shorter. */
const HEAD = 8

interface Trace {
  readonly secret: string
  readonly text: string
}

/** Traces of every secret that was asked for, by their first characters: one pass through a text finds them all. */
const byHead = new Map<string, Trace[]>()
const known = new Set<string>()

function learn(secret: string): void {
  if (known.has(secret)) return
  known.add(secret)
  for (const text of tracesOf(secret)) {
    if (text.length < HEAD) throw new RangeError('a secret is too short to be searched for')
    const head = text.slice(0, HEAD)
    const same = byHead.get(head)
    if (same === undefined) byHead.set(head, [{ secret, text }])
    else same.push({ secret, text })
  }
}

/** The places of a text where a secret shows, one for each secret, for the message of a failed test. */
export function leaksIn(text: string, secrets: Iterable<string>): string[] {
  const wanted = new Set(secrets)
  for (const secret of wanted) learn(secret)
  const leaks = new Map<string, string>()
  for (let at = 0; at + HEAD <= text.length; at += 1) {
    for (const { secret, text: trace } of byHead.get(text.slice(at, at + HEAD)) ?? []) {
      if (!wanted.has(secret) || leaks.has(secret) || !text.startsWith(trace, at)) continue
      leaks.set(secret, text.slice(Math.max(0, at - 80), at + trace.length + 20))
    }
  }
  return [...leaks.values()]
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
