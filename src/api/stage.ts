/** The stage in which a child is applied: what the pods need, then what makes them reachable. */
export type ChildStage = 'provisioning' | 'configuring'

const PROVISIONING: ReadonlySet<string> = new Set([
  'ServiceAccount',
  'Role',
  'RoleBinding',
  'Secret',
  'ConfigMap',
  'NetworkPolicy',
  'StatefulSet',
])

/** The stage of a child by its kind. Kinds that nobody waits for are configured last. */
export function stageOfKind(kind: string): ChildStage {
  return PROVISIONING.has(kind) ? 'provisioning' : 'configuring'
}
