import type { ChildContext } from './child-context.ts'

/**
 * What libpq reads in our own clients of a server with TLS: standbys, their clones, dumps. The way is encrypted, and its
 * other end is the one that knows the password's verifier. That binding needs no authority's certificate, and holds for
 * every name of the server.
 * @see https://www.postgresql.org/docs/current/libpq-envars.html
 * @see https://www.postgresql.org/docs/current/sasl-authentication.html#SASL-SCRAM-SHA-256
 */
export function clientEncryption({ spec }: Pick<ChildContext, 'spec'>): { name: string; value: string }[] {
  if (spec.tls === undefined) return []
  return [
    { name: 'PGSSLMODE', value: 'require' },
    { name: 'PGCHANNELBINDING', value: 'require' },
  ]
}
