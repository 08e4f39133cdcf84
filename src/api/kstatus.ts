import { GROUP } from './group.ts'
import {
  apiServiceStatus,
  claimStatus,
  databaseStatus,
  definitionStatus,
  disruptionBudgetStatus,
  serviceStatus,
} from './kstatus-others.ts'
import type { FirstConsumer } from './kstatus-others.ts'
import { jobStatus, podStatus } from './kstatus-pods.ts'
import { conditionOf, current, failed, inProgress, numberOf, statusOf } from './kstatus-status.ts'
import type { ObjectStatus, StatusCondition } from './kstatus-status.ts'
import {
  daemonSetStatus,
  deploymentStatus,
  isUnobserved,
  replicaSetStatus,
  statefulSetStatus,
} from './kstatus-workloads.ts'
import type { KubernetesObject } from './object.ts'

export type { ObjectStatus, StatusWord } from './kstatus-status.ts'
export type { FirstConsumer } from './kstatus-others.ts'
export { waitingReason } from './kstatus-pods.ts'

/** What an object does not say about itself. */
export interface StatusKnowledge {
  /**
   * Whether the kind has a status that a controller writes apart (`subresources.status` of its definition): such a
   * custom resource is not current before somebody wrote one. @default not known
   */
  readonly hasStatusSubresource?: boolean
  /** Of a claim: who is to use it, where its class waits for that. @default its class binds at once, or is not known */
  readonly firstConsumer?: FirstConsumer
}

type Rule = (object: KubernetesObject, knowledge: StatusKnowledge) => ObjectStatus

/** A rule that says nothing before a controller has seen the object. */
const observed =
  (rule: Rule): Rule =>
  (object, knowledge) =>
    isUnobserved(object) ? inProgress('not observed yet', 'NotObserved') : rule(object, knowledge)

/** Rules for kinds that say more than their conditions do. They see the object after the common rules. */
const RULES: ReadonlyMap<string, Rule> = new Map([
  ['/Pod', podStatus],
  ['/PersistentVolumeClaim', (object, { firstConsumer }): ObjectStatus => claimStatus(object, firstConsumer)],
  ['/ReplicationController', observed(replicaSetStatus)],
  ['/Service', serviceStatus],
  ['apps/DaemonSet', observed(daemonSetStatus)],
  ['apps/Deployment', observed(deploymentStatus)],
  ['apps/ReplicaSet', observed(replicaSetStatus)],
  ['apps/StatefulSet', observed(statefulSetStatus)],
  ['batch/Job', jobStatus],
  ['policy/PodDisruptionBudget', observed(disruptionBudgetStatus)],
  ['apiextensions.k8s.io/CustomResourceDefinition', definitionStatus],
  ['apiregistration.k8s.io/APIService', apiServiceStatus],
  [`${GROUP}/Database`, databaseStatus],
])

/** Groups of the API server itself. Others end in `k8s.io` too, but come from a definition. */
const BUILT_IN_GROUPS: ReadonlySet<string> = new Set([
  '',
  'admissionregistration.k8s.io',
  'apiextensions.k8s.io',
  'apiregistration.k8s.io',
  'apps',
  'autoscaling',
  'batch',
  'certificates.k8s.io',
  'coordination.k8s.io',
  'discovery.k8s.io',
  'events.k8s.io',
  'flowcontrol.apiserver.k8s.io',
  'networking.k8s.io',
  'node.k8s.io',
  'policy',
  'rbac.authorization.k8s.io',
  'resource.k8s.io',
  'scheduling.k8s.io',
  'storage.k8s.io',
])

/**
 * Groups whose definitions declare a status that no controller writes: their objects are settings for other ones.
 * @see https://external-secrets.io/latest/guides/generator/
 */
const GROUPS_WITHOUT_STATUS: ReadonlySet<string> = new Set(['generators.external-secrets.io'])

/**
 * Reasons of `Ready=False` that speak of the spec itself: it stays as it is, and so does the answer. Others are left to
 * `Stalled`, which says so for certain.
 */
const TERMINAL_REASONS: ReadonlySet<string> = new Set([
  'ConfigurationInvalid',
  'InvalidConfiguration',
  'InvalidSpec',
  'SpecInvalid',
  'UnsupportedSpec',
  'UnsupportedVersion',
  'ValidationFailed',
])

/**
 * The status of an object, computed from itself alone: being deleted, not observed yet, reconciling, stalled, then the
 * rule of its kind, then `Ready`, otherwise current.
 */
export function objectStatus(object: KubernetesObject | undefined, knowledge: StatusKnowledge = {}): ObjectStatus {
  if (object === undefined) return { word: 'NotFound', reason: 'NotFound', message: 'does not exist' }
  if (object.metadata.deletionTimestamp !== undefined)
    return { word: 'Terminating', reason: 'Terminating', message: 'is being deleted' }
  const { generation } = object.metadata
  const observedGeneration = numberOf(statusOf(object)['observedGeneration'])
  if (observedGeneration !== undefined && generation !== undefined && observedGeneration !== generation)
    return notObserved(generation, observedGeneration)
  const [stalled, reconciling, ready] = [
    conditionOf(object, 'Stalled'),
    conditionOf(object, 'Reconciling'),
    conditionOf(object, 'Ready'),
  ]
  if (stalled?.status === 'True' && isOfNow(stalled, generation))
    return failed(sentence(stalled, 'Stalled'), stalled.reason ?? 'Stalled')
  if (reconciling?.status === 'True' && isOfNow(reconciling, generation))
    return inProgress(sentence(reconciling, 'Reconciling'), reconciling.reason ?? 'Reconciling')
  const rule = RULES.get(`${groupOf(object.apiVersion)}/${object.kind}`)
  if (rule !== undefined) return rule(object, knowledge)
  const isStatusDue = knowledge.hasStatusSubresource === true && !GROUPS_WITHOUT_STATUS.has(groupOf(object.apiVersion))
  if (isStatusDue && Object.keys(statusOf(object)).length === 0)
    return inProgress('no controller has written a status yet', 'NoStatusYet')
  return ready === undefined ? current('') : readyStatus(ready, generation, observedGeneration)
}

/**
 * Whether objects of a kind are as they should be as soon as they exist: kinds of the server itself that have no
 * status, or none that says anything.
 */
export function isCurrentByExisting(apiVersion: string, kind: string): boolean {
  const group = groupOf(apiVersion)
  return BUILT_IN_GROUPS.has(group) && !RULES.has(`${group}/${kind}`) && kind !== 'Node'
}

/** Whether a kind comes from a definition, not from the server itself. */
export function isCustom(apiVersion: string): boolean {
  return !BUILT_IN_GROUPS.has(groupOf(apiVersion))
}

function readyStatus(
  ready: StatusCondition,
  generation: number | undefined,
  observedGeneration: number | undefined,
): ObjectStatus {
  if (!isOfNow(ready, generation) && generation !== undefined)
    return notObserved(generation, ready.observedGeneration ?? 0)
  if (ready.status === 'True') return current('')
  const isObserved = generation !== undefined && (ready.observedGeneration ?? observedGeneration) === generation
  const reason = ready.reason ?? 'NotReady'
  const message = ready.message ?? 'not ready'
  return ready.status === 'False' && isObserved && TERMINAL_REASONS.has(reason)
    ? failed(message, reason)
    : inProgress(message, reason)
}

/** Whether a condition speaks of the object as it is now. Most say nothing about that, and are believed. */
function isOfNow({ observedGeneration }: StatusCondition, generation: number | undefined): boolean {
  return numberOf(observedGeneration) === undefined || generation === undefined || observedGeneration === generation
}

function notObserved(generation: number, seen: number): ObjectStatus {
  return inProgress(`generation ${generation} is not observed yet (${seen} is)`, 'LatestGenerationNotObserved')
}

function sentence({ reason, message }: StatusCondition, type: string): string {
  return `${reason ?? type}${message === undefined || message === '' ? '' : `: ${message}`}`
}

function groupOf(apiVersion: string): string {
  return apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : ''
}
