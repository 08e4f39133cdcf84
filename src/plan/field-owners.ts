import type { KubernetesObject, ManagedFieldsEntry } from '../api/object.ts'
import type { FieldPath, PathSegment } from './field-path.ts'
import { isSameJson } from './json-equality.ts'
import { keyDefault } from './known-values.ts'
import { isLeaf, isRecord } from './leaf-value.ts'
import { fieldSetOf, parseSegment } from './managed-fields.ts'
import type { FieldSet } from './managed-fields.ts'

/** A manager that owns a field. */
export interface FieldOwner {
  /** Name of the field manager; empty where the server has none. */
  readonly manager: string
  /** `Apply` for server-side apply, `Update` for every other way to write. */
  readonly operation: string
  /** For instance `status` or `scale`; absent for the object itself. */
  readonly subresource?: string
  /** When the manager changed its fields last, as RFC 3339. */
  readonly time?: string
}

/**
 * Who owns a field according to the managed fields of the live object, in their order: its owners, those of a value
 * that is owned as a whole and has the field in it, or those of anything below the field. Nobody owns what the server
 * filled in.
 *
 * An item of a list may be addressed by any of its fields, or by its position: the live item tells by which keys it is
 * owned.
 */
export function ownersOf(live: KubernetesObject, path: FieldPath): FieldOwner[] {
  return (live.metadata.managedFields ?? [])
    .filter((entry) => isOwned(fieldSetOf(entry), live, path, 0))
    .map((entry) => ownerOf(entry))
}

function ownerOf({ manager = '', operation = '', subresource = '', time }: ManagedFieldsEntry): FieldOwner {
  return {
    manager,
    operation,
    ...(subresource === '' ? {} : { subresource }),
    ...(time === undefined ? {} : { time }),
  }
}

function isOwned(owned: FieldSet | undefined, live: unknown, path: FieldPath, depth: number): boolean {
  if (owned === undefined) return false
  const segment = path[depth]
  if (segment === undefined || (depth > 0 && isLeaf(owned))) return true
  if ('field' in segment) {
    const value = isRecord(live) ? live[segment.field] : undefined
    return isOwned(owned[`f:${segment.field}`], value, path, depth + 1)
  }
  const item = itemAt(live, segment)
  return Object.entries(owned).some(
    ([text, child]) => isSegmentOf(parseSegment(text), segment, item) && isOwned(child, item, path, depth + 1),
  )
}

function itemAt(list: unknown, segment: PathSegment): unknown {
  if (!Array.isArray(list)) return undefined
  if ('index' in segment) return list[segment.index]
  return list.find((item) => isSegmentOf(segment, segment, item))
}

/** Whether a segment names an item of a list; where that is not there, whether it can be what another segment names. */
function isSegmentOf(owned: PathSegment, segment: PathSegment, item: unknown): boolean {
  if ('value' in owned) return isSameJson(owned.value, item ?? ('value' in segment ? segment.value : undefined))
  if (!('key' in owned)) return false
  const fields = isRecord(item) ? item : 'key' in segment ? segment.key : undefined
  if (fields === undefined) return false
  return Object.entries(owned.key).every(([name, value]) => isSameJson(fields[name] ?? keyDefault(name), value))
}
