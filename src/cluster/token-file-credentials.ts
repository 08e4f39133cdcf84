import { readFile } from 'node:fs/promises'
import { isToken } from './bearer-token.ts'
import type { Credential, Credentials } from './credential.ts'
import { CredentialError } from './errors.ts'
import { systemErrorCode } from './system-error.ts'

/** A ServiceAccount's token is replaced in its file long before it expires; client-go looks once a minute too. */
const rereadMs = 60_000

/** Bearer token from a file that somebody else keeps fresh. */
export function tokenFileCredentials(
  source: { readonly path: string; readonly fallback?: string },
  now: () => number = Date.now,
): Credentials {
  let cached: { readonly credential: Credential; readonly readAt: number } | undefined
  return {
    async current() {
      if (cached !== undefined && now() - cached.readAt < rereadMs) return cached.credential
      cached = { credential: { authorization: `Bearer ${await readToken(source)}` }, readAt: now() }
      return cached.credential
    },
    invalidate(rejected) {
      // Another request may have read the new token already; then there is nothing to forget.
      if (cached?.credential.authorization === rejected.authorization) cached = undefined
      return true
    },
  }
}

async function readToken(source: { readonly path: string; readonly fallback?: string }): Promise<string> {
  let token: string | undefined
  let cause: unknown
  try {
    token = (await readFile(source.path, 'utf8')).trim()
  } catch (error) {
    cause = error
    token = source.fallback
  }
  if (token === undefined) {
    throw new CredentialError(`cannot read the token file ${source.path}: ${systemErrorCode(cause)}`, {}, { cause })
  }
  if (!isToken(token)) {
    throw new CredentialError(`the token in ${source.path} is empty or holds characters that cannot stand in a header`)
  }
  return token
}
