import type { KubernetesObject, ObjectReference } from '../api/object.ts'
import { differences } from './difference.ts'
import type { LocatedDifference } from './difference.ts'
import { impactOf } from './impact.ts'
import type { Impact } from './impact.ts'
import { completedBy, valueAt } from './immutable.ts'
import type { FieldNames } from './immutable.ts'

/** What can be done about a change of fields that may not change. */
export type Replaceability =
  /** The claims grow; the object is replaced so that its template says the same, and nothing that runs notices. */
  | { readonly type: 'growth' }
  /** Deleting and creating again is harmless; a person allows it. */
  | { readonly type: 'replaceable' }
  /** Deleting would lose what a manifest cannot bring back. */
  | { readonly type: 'kept'; readonly reason: string; readonly because: string }

/** Kinds that can be deleted and created again: nothing is lost but the moment. */
const REPLACEABLE: ReadonlySet<string> = new Set(['StatefulSet', 'RoleBinding', 'ClusterRoleBinding', 'Job'])

/** Why an object of another kind is never deleted to be created again. */
const KEPT: Readonly<Record<string, string>> = {
  PersistentVolumeClaim: 'its data would go with it',
  PersistentVolume: 'its data would go with it',
  Namespace: 'everything in it would go with it',
  CustomResourceDefinition: 'every object of its kind would go with it',
  Secret: 'it may hold credentials that nobody else has',
  ConfigMap: 'what reads it would miss it meanwhile',
  Service: 'clients would lose its address',
  Deployment: 'its pods would stop',
  DaemonSet: 'its pods would stop',
  ReplicaSet: 'its pods would stop',
  Database: 'its data would be left to a resource that does not know it',
}

/** Reasons by the field of a StatefulSet or Database that is refused. */
const REASONS: readonly { readonly pattern: RegExp; readonly reason: string }[] = [
  { pattern: /resources\.requests\.storage$|^spec\.storage\.size$/, reason: 'ShrinkRefused' },
  { pattern: /storageClassName$/, reason: 'StorageClassChanged' },
]

/** The differences in fields that may not change, as a new object would have them. */
export function immutableDifferences(
  desired: KubernetesObject,
  live: KubernetesObject,
  fields: readonly FieldNames[],
): LocatedDifference[] {
  return fields.flatMap((names) => {
    const before = valueAt(live, names)
    return differences(
      before,
      completedBy(valueAt(desired, names), before),
      names.map((field) => ({ field })),
    )
  })
}

/**
 * Whether an object can be deleted and created again for the sake of fields that may not change, judged by its kind and
 * by the one table of impacts.
 * @param isAdopted whether its pods and claims are given our labels first: then another selector finds them
 */
export function replaceabilityOf(
  { apiVersion, kind }: ObjectReference,
  changes: readonly LocatedDifference[],
  isAdopted: boolean,
): Replaceability {
  if (!REPLACEABLE.has(kind)) return kept(kind, changes, KEPT[kind] ?? 'what depends on it might go with it')
  const judged = changes
    .filter(({ path }) => !(isAdopted && path.startsWith('spec.selector')))
    .map((change) => ({ change, ...impactOf({ apiVersion, kind }, change) }))
  const refused = judged.filter(({ impact }) => impact === 'refused')
  const [first] = refused
  if (first !== undefined) {
    const reason = first.because ?? ''
    return kept(
      kind,
      refused.map(({ change }) => change),
      reason,
    )
  }
  const is = (impact: Impact): boolean => judged.some((change) => change.impact === impact)
  const others = judged.filter(({ impact, change }) => impact !== 'resize-online' && !isOtherWords(change))
  return is('resize-online') && others.length === 0 ? { type: 'growth' } : { type: 'replaceable' }
}

/** A size in other words is no change, but part of a template that is compared as a whole. */
const isOtherWords = ({ path }: LocatedDifference): boolean => path.endsWith('resources.requests.storage')

function kept(kind: string, changes: readonly LocatedDifference[], because: string): Replaceability {
  const reason = REASONS.find(({ pattern }) => changes.some(({ path }) => pattern.test(path)))?.reason
  return { type: 'kept', reason: reason ?? 'ImmutableField', because: KEPT[kind] ?? because }
}
