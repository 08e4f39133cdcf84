import type { Construct } from 'constructs'
import { k8s } from 'cdk8s-plus-28'
import { childMetadata } from './child-context.ts'
import type { ChildContext } from './child-context.ts'

/**
 * What the pods may do: nothing; without rules, for the server stores an empty list as none, and a manifest that differs
 * from what is stored is a conflict for whoever applies it second. The Role stands here, empty, so that a right given to the pods is a reviewed line in
 * Git and not something that hides in another Role.
 */
export function role(scope: Construct, context: ChildContext): k8s.KubeRole {
  return new k8s.KubeRole(scope, 'Role', { metadata: childMetadata(context, context.names.role) })
}
