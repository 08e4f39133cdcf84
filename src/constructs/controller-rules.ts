import { GROUP, PLURAL } from '../api/group.ts'

/** One rule of a Role. */
export interface PolicyRule {
  readonly apiGroups: readonly string[]
  readonly resources: readonly string[]
  readonly verbs: readonly string[]
  /** Objects that it is about. @default all of that kind */
  readonly resourceNames?: readonly string[]
}

const WATCH = ['list', 'watch'] as const
/** Server-side apply creates what does not exist yet; what carries no label of ours is asked for by name. */
const KEEP = ['get', ...WATCH, 'create', 'patch'] as const

/**
 * What the controller may do where databases are: what it does, and nothing else. No wildcard, no `pods/exec`, no list of
 * Secrets, and no right to delete a volume or a password.
 */
export const DATABASE_RULES: readonly PolicyRule[] = [
  { apiGroups: [GROUP], resources: [PLURAL], verbs: [...WATCH, 'patch'] },
  { apiGroups: [GROUP], resources: [`${PLURAL}/status`], verbs: ['patch'] },
  // Owner references with blockOwnerDeletion need it where the admission plugin asks for it (OpenShift does).
  { apiGroups: [GROUP], resources: [`${PLURAL}/finalizers`], verbs: ['update'] },
  // Deleted behind a deleted Database, and replaced without its pods when volumes grow.
  { apiGroups: ['apps'], resources: ['statefulsets'], verbs: [...KEEP, 'delete'] },
  { apiGroups: [''], resources: ['serviceaccounts'], verbs: KEEP },
  // What only some specs ask for goes when the spec no longer does: with the standbys their Service and the budget, with
  // the dumps their CronJob and the NetworkPolicy around it, with monitoring the ConfigMap of the dashboard.
  { apiGroups: [''], resources: ['configmaps', 'services'], verbs: [...KEEP, 'delete'] },
  { apiGroups: ['policy'], resources: ['poddisruptionbudgets'], verbs: [...KEEP, 'delete'] },
  { apiGroups: ['networking.k8s.io'], resources: ['networkpolicies'], verbs: [...KEEP, 'delete'] },
  { apiGroups: ['rbac.authorization.k8s.io'], resources: ['rolebindings', 'roles'], verbs: KEEP },
  { apiGroups: [''], resources: ['secrets'], verbs: ['get', 'create', 'patch'] },
  // A pod that hangs on a revision that is no longer wanted is deleted, once.
  { apiGroups: [''], resources: ['pods'], verbs: [...WATCH, 'delete'] },
  // Those of the data are only grown; the one with the dumps is made, and never deleted.
  { apiGroups: [''], resources: ['persistentvolumeclaims'], verbs: KEEP },
  { apiGroups: ['batch'], resources: ['cronjobs'], verbs: [...KEEP, 'delete'] },
  { apiGroups: ['batch'], resources: ['jobs'], verbs: WATCH },
  // Snapshots on a schedule; those beyond the number that the spec keeps are deleted, never the newest usable one.
  {
    apiGroups: ['snapshot.storage.k8s.io'],
    resources: ['volumesnapshots'],
    verbs: ['list', 'create', 'patch', 'delete'],
  },
  { apiGroups: [''], resources: ['events'], verbs: ['list', 'create', 'patch'] },
]

/** What `deletionPolicy: Delete` needs beside them: a Role of its own, which nobody gets who does not ask for it. */
export const DATA_DELETION_RULES: readonly PolicyRule[] = [
  { apiGroups: [''], resources: ['persistentvolumeclaims'], verbs: ['get', 'delete'] },
  { apiGroups: [''], resources: ['secrets'], verbs: ['delete'] },
]

/** What `monitoring` of databases needs beside them, for whoever asks for it: nobody else may need those kinds to exist. */
export const MONITORING_RULES: readonly PolicyRule[] = [
  {
    apiGroups: ['monitoring.coreos.com'],
    resources: ['podmonitors', 'prometheusrules'],
    verbs: ['get', 'create', 'patch', 'delete'],
  },
]

/** What the replicas need, in their own namespace, to agree which of them works. */
export const LEADER_RULES: readonly PolicyRule[] = [
  { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['get', 'create', 'update'] },
]

/**
 * What lets a namespace go. Its Roles may be deleted before its databases, which then wait for the controller's finalizer
 * for ever; so these hold for the whole cluster: to see that a namespace is being deleted, and to see its databases and
 * take the finalizer off.
 * @param namespaces those that are looked after; none means all, of which the databases may be seen and written anyway
 */
export function namespaceDeletionRules(namespaces: readonly string[]): readonly PolicyRule[] {
  const seen: PolicyRule = { apiGroups: [''], resources: ['namespaces'], verbs: ['get'] }
  if (namespaces.length === 0) return [seen]
  return [
    { ...seen, resourceNames: namespaces },
    { apiGroups: [GROUP], resources: [PLURAL], verbs: [...WATCH, 'patch'] },
  ]
}
