import { formatPath } from './field-path.ts'
import type { FieldPath, PathSegment } from './field-path.ts'
import { isSameJson } from './json-equality.ts'

/** One field that differs. */
export interface FieldDifference {
  /** Where, for people: `spec.template.spec.containers[name=postgres].image`. */
  readonly path: string
  /** Value before; `undefined` where the field is added. */
  readonly before: unknown
  /** Value after; `undefined` where the field is removed. */
  readonly after: unknown
}

/** One field that differs, with its path in segments too, for looking up who owns it. */
export interface LocatedDifference extends FieldDifference {
  readonly segments: FieldPath
}

/** Keys by which Kubernetes names the items of a list, most telling first. */
const LIST_KEYS = ['name', 'key', 'type', 'containerPort', 'port', 'mountPath', 'topologyKey', 'ip', 'uid'] as const

/** The fields in which two JSON values differ, in the order of their keys. Lists of named items are compared by name. */
export function differences(before: unknown, after: unknown, segments: FieldPath = []): LocatedDifference[] {
  if (isSameJson(before, after)) return []
  if (isRecord(before) && isRecord(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].toSorted()
    return keys.flatMap((field) => differences(before[field], after[field], [...segments, { field }]))
  }
  if (Array.isArray(before) && Array.isArray(after)) return listDifferences(before, after, segments)
  return [located(segments, before, after)]
}

function located(segments: FieldPath, before: unknown, after: unknown): LocatedDifference {
  return { path: formatPath(segments), segments, before, after }
}

function listDifferences(
  before: readonly unknown[],
  after: readonly unknown[],
  segments: FieldPath,
): LocatedDifference[] {
  const key = commonKey(before, after)
  const inItem = (segment: PathSegment, left: unknown, right: unknown): LocatedDifference[] =>
    differences(left, right, [...segments, segment])
  if (key === undefined) {
    if (before.length !== after.length) return [located(segments, before, after)]
    return before.flatMap((item, index) => inItem({ index }, item, after[index]))
  }
  const byKey = (items: readonly unknown[]): Map<unknown, unknown> =>
    new Map(items.map((item) => [(item as Record<string, unknown>)[key], item]))
  const [left, right] = [byKey(before), byKey(after)]
  const found = [...new Set([...left.keys(), ...right.keys()])].flatMap((value) =>
    inItem({ key: { [key]: value } }, left.get(value), right.get(value)),
  )
  return found.length > 0 ? found : [located(segments, before, after)]
}

/** The key that every item of both lists has, with a value of its own in each; `undefined` where there is none. */
function commonKey(before: readonly unknown[], after: readonly unknown[]): string | undefined {
  const items = [...before, ...after]
  if (items.length === 0 || !items.every(isRecord)) return undefined
  const isName = (value: unknown): boolean => typeof value === 'string' || typeof value === 'number'
  const isUnique = (list: readonly unknown[], key: string): boolean =>
    new Set(list.map((item) => (item as Record<string, unknown>)[key])).size === list.length
  return LIST_KEYS.find(
    (key) => items.every((item) => isName(item[key])) && isUnique(before, key) && isUnique(after, key),
  )
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
