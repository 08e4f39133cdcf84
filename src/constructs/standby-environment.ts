import { POSTGRES_PORT } from '../api/group.ts'
import { podHost } from '../api/names.ts'
import type { ChildContext } from './child-context.ts'

/** What both containers of a standby know beside what every server knows: where the primary is, and who they are. */
export function standbyEnvironment({ name, namespace, spec }: ChildContext): object[] {
  return [
    // The pod itself, not the Service: it has this name also while it is not ready, as after a crash.
    { name: 'PGPRIMARYHOST', value: podHost(name, 0, namespace) },
    { name: 'PGPRIMARYPORT', value: String(POSTGRES_PORT) },
    { name: 'PGSTANDBY', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' } } },
    ...(spec.tls === undefined ? [] : ENCRYPTION),
  ]
}

/**
 * What libpq reads, in the clone as in the server that follows: the way is encrypted, and its other end is the one that
 * knows the password's verifier. That binding needs no authority's certificate, and holds for every name of the primary.
 * @see https://www.postgresql.org/docs/current/libpq-envars.html
 */
const ENCRYPTION = [
  { name: 'PGSSLMODE', value: 'require' },
  { name: 'PGCHANNELBINDING', value: 'require' },
]
