import type { ObjectReference } from '../api/object.ts'

/** Which fields of a kind may not change once an object exists. */
export type ImmutableRule =
  /** Everything in `spec` but these. */
  | { readonly everythingIn: 'spec'; readonly but: readonly string[] }
  /** These, as names on the way. */
  | { readonly fields: readonly (readonly string[])[] }

const specFields = (...names: readonly string[]): ImmutableRule => ({ fields: names.map((name) => ['spec', name]) })
const rootFields = (...names: readonly string[]): ImmutableRule => ({ fields: names.map((name) => [name]) })

/**
 * What the API server keeps as it was, by kind and group. A field that is missing here makes a refusal that is not
 * recognised, which is refused all the same; so the table holds what people change.
 * @see https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/
 * @see https://github.com/kubernetes/kubernetes/tree/master/pkg/apis (validation.go of each group)
 */
const RULES: Readonly<Record<string, ImmutableRule>> = {
  'StatefulSet.apps': {
    everythingIn: 'spec',
    but: [
      'replicas',
      'ordinals',
      'template',
      'updateStrategy',
      'revisionHistoryLimit',
      'persistentVolumeClaimRetentionPolicy',
      'minReadySeconds',
    ],
  },
  'Deployment.apps': specFields('selector'),
  'DaemonSet.apps': specFields('selector'),
  'ReplicaSet.apps': specFields('selector'),
  'Job.batch': specFields(
    'backoffLimitPerIndex',
    'completionMode',
    'completions',
    'managedBy',
    'manualSelector',
    'podFailurePolicy',
    'selector',
    'successPolicy',
    'template',
  ),
  'RoleBinding.rbac.authorization.k8s.io': rootFields('roleRef'),
  'ClusterRoleBinding.rbac.authorization.k8s.io': rootFields('roleRef'),
  PersistentVolumeClaim: { everythingIn: 'spec', but: ['volumeAttributesClassName'] },
  Service: specFields('clusterIP', 'clusterIPs', 'healthCheckNodePort', 'ipFamilies', 'loadBalancerClass'),
  ConfigMap: rootFields('binaryData', 'data', 'immutable'),
  Secret: rootFields('data', 'immutable', 'stringData', 'type'),
  'StorageClass.storage.k8s.io': rootFields('parameters', 'provisioner', 'reclaimPolicy', 'volumeBindingMode'),
  'PriorityClass.scheduling.k8s.io': rootFields('preemptionPolicy', 'value'),
  'IngressClass.networking.k8s.io': specFields('controller'),
  'CustomResourceDefinition.apiextensions.k8s.io': {
    fields: [
      ['spec', 'group'],
      ['spec', 'scope'],
      ['spec', 'names', 'kind'],
      ['spec', 'names', 'plural'],
    ],
  },
  'Database.database.example.com': {
    fields: [
      ['spec', 'databaseName'],
      ['spec', 'username'],
      ['spec', 'storage', 'claimTemplate'],
      ['spec', 'storage', 'layout'],
      ['spec', 'storage', 'size'],
      ['spec', 'storage', 'storageClassName'],
    ],
  },
}

/** Fields that the server names where another one, which holds the same, is what people write. */
export const TWIN_FIELDS: Readonly<Record<string, string>> = { clusterIPs: 'clusterIP' }

/** The rule of a kind; `undefined` where nothing is known of it. */
export function immutableRuleOf({
  apiVersion,
  kind,
}: Pick<ObjectReference, 'apiVersion' | 'kind'>): ImmutableRule | undefined {
  const group = apiVersion.includes('/') ? `.${apiVersion.split('/')[0]}` : ''
  const name = `${kind}${group}`
  return Object.hasOwn(RULES, name) ? RULES[name] : undefined
}
