import { POSTGRES_PORT } from '../api/group.ts'
import { podHost } from '../api/names.ts'
import type { ChildContext } from './child-context.ts'
import { clientEncryption } from './client-encryption.ts'

/** What both containers of a standby know beside what every server knows: where the primary is, and who they are. */
export function standbyEnvironment(context: ChildContext): object[] {
  const { name, namespace } = context
  return [
    // The pod itself, not the Service: it has this name also while it is not ready, as after a crash.
    { name: 'PGPRIMARYHOST', value: podHost(name, 0, namespace) },
    { name: 'PGPRIMARYPORT', value: String(POSTGRES_PORT) },
    { name: 'PGSTANDBY', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' } } },
    ...clientEncryption(context),
  ]
}
