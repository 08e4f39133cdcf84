import type { Construct } from 'constructs'
import { k8s } from 'cdk8s-plus-28'
import { childMetadata } from './child-context.ts'
import type { ChildContext } from './child-context.ts'

/**
 * Lets a drain take one pod of the database at a time, and one that is not ready whenever it comes. Only where there are
 * standbys: a single instance would hold up the drain for nothing.
 * @see https://kubernetes.io/docs/tasks/run-application/configure-pdb/#unhealthy-pod-eviction-policy
 */
export function disruptionBudget(scope: Construct, context: ChildContext): k8s.KubePodDisruptionBudget {
  return new k8s.KubePodDisruptionBudget(scope, 'DisruptionBudget', {
    metadata: childMetadata(context, context.names.disruptionBudget),
    spec: {
      maxUnavailable: k8s.IntOrString.fromNumber(1),
      unhealthyPodEvictionPolicy: 'AlwaysAllow',
      selector: {
        matchLabels: { ...context.selector },
        matchExpressions: [{ key: 'app.kubernetes.io/component', operator: 'In', values: ['database', 'standby'] }],
      },
    },
  })
}
