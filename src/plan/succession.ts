import type { KubernetesObject, ManagedFieldsEntry } from '../api/object.ts'
import { LAST_APPLIED_ANNOTATION, clientSideEntries } from './client-side-migration.ts'
import { NO_FIELDS, countFields, differenceOf, unionOf, withoutFields } from './field-set.ts'
import { pointerOf } from './json-patch.ts'
import type { JsonPatchOperation } from './json-patch.ts'
import { fieldSetOf, ownFields } from './managed-fields.ts'
import type { FieldSet } from './managed-fields.ts'
import type { Tracker } from './tracking.ts'

/**
 * Taking the place of managers that are to write an object no more: their fields become ours, so that the next apply
 * removes those that no manifest asks for, and the marks by which they know the object go.
 *
 * It changes no field but these marks. What `kubectl apply --server-side` and Flux do for objects that were applied on
 * the client's side.
 * @see https://pkg.go.dev/k8s.io/client-go/util/csaupgrade
 */
export interface Succession {
  /** Names of the managers, each once. */
  readonly managers: readonly string[]
  /** Their entries in the managed fields. */
  readonly entries: readonly ManagedFieldsEntry[]
  /** Labels that go. */
  readonly labels: readonly string[]
  /** Annotations that go. */
  readonly annotations: readonly string[]
  /** Whether it is about a client-side apply only, and nobody else keeps the object. */
  readonly isMigration: boolean
}

/**
 * Whose place is to be taken: that of a client-side apply, and that of the tracker that is taken over from. `undefined`
 * where nobody's is.
 */
export function successionOf(live: KubernetesObject, tracker?: Tracker): Succession | undefined {
  const clientSide = clientSideEntries(live)
  const entries = (live.metadata.managedFields ?? []).filter(
    (entry) => clientSide.includes(entry) || isOfTracker(entry, tracker),
  )
  const marked = [LAST_APPLIED_ANNOTATION, ...(tracker?.annotations ?? [])]
  const annotations = marked.filter((key) => live.metadata.annotations?.[key] !== undefined)
  const labels = (tracker?.labels ?? []).filter((key) => live.metadata.labels?.[key] !== undefined)
  if (entries.length === 0 && annotations.length === 0 && labels.length === 0) return undefined
  const managers = [...new Set(entries.map(({ manager = '' }) => manager))]
  return { managers, entries, labels, annotations, isMigration: tracker === undefined }
}

function isOfTracker({ manager = '', subresource = '' }: ManagedFieldsEntry, tracker: Tracker | undefined): boolean {
  return subresource === '' && (tracker?.managers.includes(manager) ?? false)
}

/**
 * The patch that does it, refused where the object changed since it was read: somebody may have become an owner.
 * @param manager who takes the place
 */
export function successionPatch(
  live: KubernetesObject,
  { entries, labels, annotations }: Succession,
  manager: string,
): JsonPatchOperation[] {
  const own = ownFields(live, manager)
  const others = (live.metadata.managedFields ?? []).filter((entry) => entry !== own && !entries.includes(entry))
  const time = own?.time ?? entries[0]?.time
  const inherited = {
    manager,
    operation: 'Apply',
    apiVersion: live.apiVersion,
    ...(time === undefined ? {} : { time }),
    fieldsType: 'FieldsV1',
    fieldsV1: inheritedFields(live, entries, manager),
  }
  return [
    { op: 'replace', path: '/metadata/managedFields', value: [inherited, ...others] },
    { op: 'replace', path: '/metadata/resourceVersion', value: live.metadata.resourceVersion ?? '' },
    ...labels.map((key): JsonPatchOperation => ({ op: 'remove', path: pointerOf('metadata', 'labels', key) })),
    ...annotations.map((key): JsonPatchOperation => ({
      op: 'remove',
      path: pointerOf('metadata', 'annotations', key),
    })),
  ]
}

/** Ours and theirs. Fields of another version have other names, and are left to nobody. */
function inheritedFields(live: KubernetesObject, entries: readonly ManagedFieldsEntry[], manager: string): FieldSet {
  return entries
    .filter(({ apiVersion }) => apiVersion === live.apiVersion)
    .reduce((set, entry) => unionOf(set, fieldSetOf(entry)), fieldSetOf(ownFields(live, manager)) ?? NO_FIELDS)
}

/**
 * The object as it will be when the place is taken and the object applied, but for what the server fills in again.
 * @param applied answer to the dry run of the apply alone, in which the predecessors hold on to their fields
 */
export function afterSuccession(
  live: KubernetesObject,
  applied: KubernetesObject,
  { entries, labels, annotations }: Succession,
  manager: string,
): { readonly object: KubernetesObject; readonly fields: number } {
  const predecessors = new Set(entries.map(identityOf))
  const kept = (applied.metadata.managedFields ?? [])
    .filter((entry) => !predecessors.has(identityOf(entry)))
    .reduce((set, entry) => unionOf(set, fieldSetOf(entry)), NO_FIELDS)
  const gone = differenceOf(inheritedFields(live, entries, manager), kept)
  const object = withoutFields(applied, gone, kept) as KubernetesObject
  const metadata = {
    ...object.metadata,
    ...without('labels', object.metadata.labels, labels),
    ...without('annotations', object.metadata.annotations, annotations),
  }
  return { object: { ...object, metadata }, fields: countFields(gone) }
}

/** What makes two entries those of one writer. Times and fields differ between a live object and a dry run. */
const identityOf = ({ manager = '', operation = '', apiVersion = '', subresource = '' }: ManagedFieldsEntry): string =>
  JSON.stringify([manager, operation, apiVersion, subresource])

function without(
  field: 'labels' | 'annotations',
  map: Readonly<Record<string, string>> | undefined,
  keys: readonly string[],
): object {
  if (map === undefined || keys.length === 0) return {}
  return { [field]: Object.fromEntries(Object.entries(map).filter(([key]) => !keys.includes(key))) }
}

/** Fields that a person or another tool may write, outside of which nothing is replaced. */
const METADATA = ['labels', 'annotations', 'ownerReferences', 'finalizers'] as const

/**
 * The patch that turns a live object into another state of it as a whole, for a dry run that shows what the server
 * would make of it: defaults come back where a field is removed, and what may not be removed is refused.
 */
export function replacingPatch(live: KubernetesObject, wanted: KubernetesObject): JsonPatchOperation[] {
  const skipped: ReadonlySet<string> = new Set(['apiVersion', 'kind', 'metadata', 'status'])
  const fields = [...new Set([...Object.keys(live), ...Object.keys(wanted)])].filter((name) => !skipped.has(name))
  return [
    ...fields.flatMap((name) => replacement([name], live[name], wanted[name])),
    ...METADATA.flatMap((name) => replacement(['metadata', name], live.metadata[name], wanted.metadata[name])),
  ]
}

function replacement(keys: readonly string[], before: unknown, after: unknown): JsonPatchOperation[] {
  const path = pointerOf(...keys)
  if (after !== undefined) return [{ op: 'add', path, value: after }]
  return before === undefined ? [] : [{ op: 'remove', path }]
}
