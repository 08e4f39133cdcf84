import { RESTART_HASH_ANNOTATION } from '../api/group.ts'
import { derivedNames } from '../api/names.ts'
import type { KubernetesObject } from '../api/object.ts'
import { grows, isOtherMajor, isOtherVariant, isSameAmount } from './impact-row.ts'
import type { ImpactRow } from './impact-row.ts'

const KIND = 'StatefulSet.apps'
const CLAIM_SIZE = 'spec.volumeClaimTemplates[*].spec.resources.requests.storage'
const REPLACED = 'the StatefulSet is replaced, which takes --recreate; its pods go on running'

/** Whether a StatefulSet is that of the standbys. */
function isOfStandbys(object: KubernetesObject | undefined): boolean {
  const instance = object?.metadata.labels?.['app.kubernetes.io/instance']
  return instance !== undefined && object?.metadata.name === derivedNames(instance).standbyStatefulSet
}

/** Every image of the pod: the bootstrap's and the server's. */
const images = (row: Omit<ImpactRow, 'kind' | 'field'>): ImpactRow[] =>
  ['containers', 'initContainers'].map((list) => ({
    kind: KIND,
    field: `spec.template.spec.${list}[*].image`,
    ...row,
  }))

/**
 * What a change of the StatefulSet does. Any difference of the pod template makes a new revision, and with
 * `RollingUpdate` a new revision replaces the pod; fields outside of it do not touch the pods that run.
 * @see https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#update-strategies
 */
export const STATEFUL_SET_ROWS: readonly ImpactRow[] = [
  {
    kind: KIND,
    field: 'metadata.**',
    impact: 'none',
    because: 'labels and annotations of the StatefulSet itself reach no pod',
  },
  ...images({
    when: isOtherMajor,
    impact: 'refused',
    because: 'another major cannot use the data directory: it needs dump and restore',
  }),
  ...images({
    when: isOtherVariant,
    impact: 'refused',
    because: 'Debian and Alpine images run as different users: the server would not start on the data of the other',
  }),
  ...images({ impact: 'restart', because: 'the pod is replaced by one of this image' }),
  {
    kind: KIND,
    field: `spec.template.metadata.annotations["${RESTART_HASH_ANNOTATION}"]`,
    impact: 'restart',
    because: 'a setting changed that the server takes over only when it starts',
  },
  { kind: KIND, field: 'spec.template.**', impact: 'restart', because: 'a changed pod template replaces the pod' },
  {
    kind: KIND,
    field: 'spec.replicas',
    when: (_change, { before, after }) => isOfStandbys(after ?? before),
    impact: 'none',
    because: 'standbys come or go; the primary, which clients use, goes on',
  },
  {
    kind: KIND,
    field: 'spec.replicas',
    when: ({ after }) => after === 0,
    impact: 'restart',
    because: 'the server is stopped until there is a replica again',
  },
  {
    kind: KIND,
    field: 'spec.replicas',
    when: ({ before }) => before === 0,
    impact: 'restart',
    because: 'the server, which is stopped, is started',
  },
  {
    kind: KIND,
    field: 'spec.replicas',
    impact: 'none',
    because: 'pods with higher numbers come or go; the one with the number 0, which clients use, stays',
  },
  {
    kind: KIND,
    field: CLAIM_SIZE,
    when: isSameAmount,
    impact: 'none',
    because: 'it is the same amount in other words',
  },
  {
    kind: KIND,
    field: CLAIM_SIZE,
    when: grows,
    impact: 'resize-online',
    because:
      'the claims grow in place, then the StatefulSet is created again with its new size; its pods go on running',
  },
  { kind: KIND, field: CLAIM_SIZE, impact: 'refused', because: 'a volume can only grow' },
  { kind: KIND, field: 'spec.volumeClaimTemplates[*].metadata.labels.**', impact: 'none', because: REPLACED },
  { kind: KIND, field: 'spec.volumeClaimTemplates[*].metadata.annotations.**', impact: 'none', because: REPLACED },
  { kind: KIND, field: 'spec.volumeClaimTemplates[*].status.**', impact: 'none', because: REPLACED },
  {
    kind: KIND,
    field: 'spec.volumeClaimTemplates.**',
    impact: 'refused',
    because: 'a claim that exists keeps its name, class, access and mode',
  },
  {
    kind: KIND,
    field: 'spec.persistentVolumeClaimRetentionPolicy.whenDeleted',
    when: ({ after }) => after === 'Delete',
    impact: 'irreversible',
    because: 'the data would go with the StatefulSet',
  },
  {
    kind: KIND,
    field: 'spec.persistentVolumeClaimRetentionPolicy.whenScaled',
    when: ({ after }) => after === 'Delete',
    impact: 'irreversible',
    because: 'the data would go with the pod when it is scaled away',
  },
  {
    kind: KIND,
    field: 'spec.persistentVolumeClaimRetentionPolicy.*',
    impact: 'none',
    because: 'it matters when claims could go, and keeps them',
  },
  {
    kind: KIND,
    field: 'spec.selector.**',
    impact: 'refused',
    because: 'a StatefulSet of another selector does not know the pod, and cannot make a second one of its name',
  },
  { kind: KIND, field: 'spec.serviceName', impact: 'none', because: REPLACED },
  { kind: KIND, field: 'spec.podManagementPolicy', impact: 'none', because: REPLACED },
  {
    kind: KIND,
    field: 'spec.ordinals.**',
    impact: 'restart',
    because: 'pods get other numbers, and with them other claims',
  },
  {
    kind: KIND,
    field: 'spec.updateStrategy.**',
    impact: 'none',
    because: 'it matters to the next changed pod template',
  },
  { kind: KIND, field: 'spec.minReadySeconds', impact: 'none', because: 'it matters to the next changed pod template' },
  { kind: KIND, field: 'spec.revisionHistoryLimit', impact: 'none', because: 'it is about revisions that are over' },
]
