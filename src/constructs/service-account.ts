import type { Construct } from 'constructs'
import { k8s } from 'cdk8s-plus-28'
import { childMetadata } from './child-context.ts'
import type { ChildContext } from './child-context.ts'

/** Identity of the pods. No token is mounted: PostgreSQL never talks to the API server. */
export function serviceAccount(scope: Construct, context: ChildContext): k8s.KubeServiceAccount {
  return new k8s.KubeServiceAccount(scope, 'ServiceAccount', {
    metadata: childMetadata(context, context.names.serviceAccount),
    automountServiceAccountToken: false,
  })
}
