import type { KubernetesObject, ManagedFieldsEntry } from '../api/object.ts'
import type { FieldPath, PathSegment } from './field-path.ts'

/**
 * Fields as `fieldsV1` writes them: a tree whose keys are `f:<field>`, `k:<keys of a list item>`, `v:<value in a set>`
 * or `i:<index>`. A node without children is owned; one with children is owned where it has the child `.`.
 * @see https://kubernetes.io/docs/reference/using-api/server-side-apply/#managed-fields
 */
export interface FieldSet {
  readonly [segment: string]: FieldSet
}

/** Marks a node that is owned itself, beside its children. */
export const ITSELF = '.'

/**
 * Our entry in an object's managed fields, as server-side apply keeps it: of this manager, applied, to the object
 * itself and in the version that the object is read in. An entry of another version names fields of that version.
 */
export function ownFields(object: KubernetesObject, manager: string): ManagedFieldsEntry | undefined {
  return object.metadata.managedFields?.find((entry) => isOwn(entry, object, manager))
}

/** Everybody else's entries, those of our own for a subresource or another version among them. */
export function otherFields(object: KubernetesObject, manager: string): readonly ManagedFieldsEntry[] {
  return (object.metadata.managedFields ?? []).filter((entry) => !isOwn(entry, object, manager))
}

function isOwn(entry: ManagedFieldsEntry, object: KubernetesObject, manager: string): boolean {
  return (
    entry.manager === manager &&
    entry.operation === 'Apply' &&
    (entry.subresource ?? '') === '' &&
    entry.apiVersion === object.apiVersion
  )
}

/** The tree of an entry. The server writes nothing else there. */
export function fieldSetOf(entry: ManagedFieldsEntry | undefined): FieldSet | undefined {
  return entry?.fieldsV1 as FieldSet | undefined
}

/** Segments of fields by their name: joining them anew for each of a million fields takes most of the time. */
const segments = new Map<string, string>()
const SEGMENTS_AT_MOST = 4096

/** The segment of a field. */
export function fieldSegment(name: string): string {
  const known = segments.get(name)
  if (known !== undefined) return known
  const segment = `f:${name}`
  if (segments.size < SEGMENTS_AT_MOST) segments.set(name, segment)
  return segment
}

/** The node that stands under segments as they are written in the tree. */
export function nodeAt(root: FieldSet | undefined, path: readonly string[]): FieldSet | undefined {
  let node = root
  for (const segment of path) {
    if (node === undefined) return undefined
    node = node[segment]
  }
  return node
}

/** Whether a node owns something below itself. */
export function hasChildren(node: FieldSet): boolean {
  for (const segment in node) if (segment !== ITSELF) return true
  return false
}

/** The path that segments of the tree mean. A segment that cannot be read becomes a field of its text. */
export function pathOfSegments(texts: readonly string[]): FieldPath {
  return texts.map(parseSegment)
}

/** What one segment of the tree means. */
export function parseSegment(segment: string): PathSegment {
  const rest = segment.slice(2)
  if (segment.startsWith('f:')) return { field: rest }
  const value = parseJson(rest)
  if (segment.startsWith('v:') && value !== undefined) return { value }
  if (segment.startsWith('i:') && typeof value === 'number') return { index: value }
  if (segment.startsWith('k:') && typeof value === 'object' && value !== null) {
    return { key: value as Record<string, unknown> }
  }
  return { field: segment }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
