import type { Construct } from 'constructs'
import { k8s } from 'cdk8s-plus-28'
import { childMetadata } from './child-context.ts'
import type { ChildContext } from './child-context.ts'

/** Gives the Role to the pods' ServiceAccount. */
export function roleBinding(scope: Construct, context: ChildContext): k8s.KubeRoleBinding {
  return new k8s.KubeRoleBinding(scope, 'RoleBinding', {
    metadata: childMetadata(context, context.names.roleBinding),
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: context.names.role },
    subjects: [
      {
        kind: 'ServiceAccount',
        name: context.names.serviceAccount,
        namespace: context.namespace,
      },
    ],
  })
}
