import { groupOf } from '../../plan/inventory.ts'
import type { ObjectReference } from '../../api/object.ts'

/**
 * Kinds in the order of their deletion, what uses before what is used: what intercepts requests, what leads traffic to
 * or changes workloads, custom resources (every kind that stands in no row), workloads, what the workloads need while
 * they stop. A NetworkPolicy goes after the pods that it guards.
 */
const DELETION_ORDER: readonly (readonly string[])[] = [
  ['ValidatingWebhookConfiguration', 'MutatingWebhookConfiguration', 'ValidatingAdmissionPolicyBinding', 'APIService'],
  ['Ingress', 'HTTPRoute', 'HorizontalPodAutoscaler', 'PodDisruptionBudget'],
  [],
  ['CronJob', 'Job', 'Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'Pod'],
  ['Service', 'NetworkPolicy'],
  ['ConfigMap', 'Secret'],
  ['RoleBinding', 'ClusterRoleBinding'],
  ['Role', 'ClusterRole'],
  ['ServiceAccount', 'StorageClass', 'PriorityClass'],
]

/** Row of every kind that stands in none. */
const OTHER_KINDS = 2

/** Groups whose kinds the rows mean; `Service` of another group is a custom resource. */
const BUILT_IN_GROUPS = /^$|^(apps|batch|policy|autoscaling|extensions)$|\.k8s\.io$/

/** Splits references into steps: everything of one step can be deleted at the same time. */
export function deletionSteps<Item extends { readonly member: ObjectReference }>(items: readonly Item[]): Item[][] {
  const steps = DELETION_ORDER.map((): Item[] => [])
  for (const item of items) steps[rankOf(item.member)]?.push(item)
  return steps.filter((step) => step.length > 0)
}

function rankOf({ apiVersion, kind }: ObjectReference): number {
  if (!BUILT_IN_GROUPS.test(groupOf(apiVersion))) return OTHER_KINDS
  const rank = DELETION_ORDER.findIndex((kinds) => kinds.includes(kind))
  return rank === -1 ? OTHER_KINDS : rank
}
