import { Buffer } from 'node:buffer'
import type { Construct } from 'constructs'
import { k8s } from 'cdk8s-plus-28'
import { FIELD_MANAGER, POSTGRES_PORT } from '../api/group.ts'
import { serviceHost } from '../api/names.ts'
import { KEPT, KEYS_OF_OTHERS_STAY } from '../api/protection.ts'
import { childMetadata } from './child-context.ts'
import type { ChildContext } from './child-context.ts'

const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64')

/**
 * The credentials Secret without its password: Git must never hold one. Whoever runs the phases adds the password and
 * the keys made from it, once. Argo CD and Flux are told to leave it alone when it disappears from Git, because it lives
 * as long as the data does, and Flux to leave those keys alone.
 * @see https://servicebinding.io/spec/core/1.1.0/#well-known-secret-entries for the keys
 */
export function credentialsSecret(scope: Construct, context: ChildContext): k8s.KubeSecret {
  const { name, namespace, spec, names } = context
  return new k8s.KubeSecret(scope, 'Secret', {
    metadata: {
      ...childMetadata(context, names.credentialsSecret),
      annotations: { ...KEPT, ...KEYS_OF_OTHERS_STAY },
    },
    type: 'kubernetes.io/basic-auth',
    data: {
      type: base64('postgresql'),
      provider: base64(FIELD_MANAGER),
      username: base64(spec.username),
      database: base64(spec.databaseName),
      dbname: base64(spec.databaseName),
      port: base64(String(POSTGRES_PORT)),
      host: base64(serviceHost(name, namespace)),
    },
  })
}
