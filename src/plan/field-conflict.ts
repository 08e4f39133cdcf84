import type { KubernetesObject } from '../api/object.ts'
import type { FieldOwner } from './field-owners.ts'
import { ownersOf } from './field-owners.ts'
import { formatPath } from './field-path.ts'
import type { FieldPath, PathSegment } from './field-path.ts'
import { isSameJson } from './json-equality.ts'
import { keyDefault } from './known-values.ts'
import { isRecord } from './leaf-value.ts'

/** A field that others own with another value than ours. */
export interface FieldConflict {
  /** Where, for people: `spec.replicas`. */
  readonly path: string
  /** What the manifest asks for. */
  readonly ours: unknown
  /** What stands there. */
  readonly live: unknown
  /** Who put it there. */
  readonly owners: readonly FieldOwner[]
}

/** The same, with the path in segments. */
export interface LocatedConflict extends FieldConflict {
  readonly segments: FieldPath
}

/** One cause of the server's refusal: a field as it writes it (`.spec.replicas`), and a manager that owns it. */
export interface ConflictCause {
  readonly field: string
  readonly manager: string
}

/** What a refused apply was about, field by field. @param desired what was applied @param live what is there */
export function conflictsOf(
  causes: readonly ConflictCause[],
  desired: KubernetesObject,
  live: KubernetesObject | undefined,
): LocatedConflict[] {
  return [...Map.groupBy(causes, ({ field }) => field)].map(([field, ofField]) => {
    const segments = withDottedKeys(parseServerPath(field), desired)
    const names = new Set(ofField.map(({ manager }) => manager))
    const known = live === undefined ? [] : ownersOf(live, segments).filter(({ manager }) => names.has(manager))
    const unknown = [...names].filter((name) => !known.some(({ manager }) => manager === name))
    return {
      path: formatPath(segments),
      segments,
      ours: valueAt(desired, segments),
      live: valueAt(live, segments),
      owners: [...known, ...unknown.map((manager) => ({ manager, operation: '' }))],
    }
  })
}

const SEGMENT = /\[((?:[^\]"]|"(?:[^"\\]|\\.)*")*)\]|\.([^.[\]]+)/gy
const KEY = /([\w.-]+)=((?:"(?:[^"\\]|\\.)*")|[^,\]]+)/g

/**
 * The path of a field in the server's own writing: `.spec.template.spec.containers[name="postgres"].image`,
 * `.spec.ports[port=5432,protocol="TCP"]`, `.metadata.finalizers[="a"]`. Nothing in it tells a dot in a key from one
 * between two keys.
 */
export function parseServerPath(text: string): FieldPath {
  return Array.from(text.matchAll(SEGMENT), ([, item, field]) =>
    item === undefined ? { field: field ?? '' } : itemSegment(item),
  )
}

function itemSegment(text: string): PathSegment {
  if (text.startsWith('=')) return { value: jsonOf(text.slice(1)) }
  const keys = Array.from(text.matchAll(KEY), ([, name = '', value = '']) => [name, jsonOf(value)] as const)
  return keys.length > 0 ? { key: Object.fromEntries(keys) } : { index: Number(text) }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch (error) {
    if (error instanceof SyntaxError) return text
    throw error
  }
}

/** The path with those keys put together again that hold dots of their own: of labels, annotations and data. */
function withDottedKeys(path: FieldPath, root: unknown): FieldPath {
  const joined: PathSegment[] = []
  let value = root
  for (let depth = 0; depth < path.length;) {
    const length = keyLength(path.slice(depth), value)
    const parts = path.slice(depth, depth + length)
    const segment =
      length === 1 ? parts[0] : { field: parts.map((part) => ('field' in part ? part.field : '')).join('.') }
    if (segment === undefined) break
    joined.push(segment)
    value = valueAt(value, [segment])
    depth += length
  }
  return joined
}

/** How many parts at the beginning of a path are one key of a map; 1 where that cannot be told. */
function keyLength(path: FieldPath, map: unknown): number {
  if (!isRecord(map)) return 1
  const fields = path.slice(0, path.findIndex((segment) => !('field' in segment)) >>> 0)
  let key = ''
  let length = 1
  for (const [index, segment] of fields.entries()) {
    key += `${index === 0 ? '' : '.'}${'field' in segment ? segment.field : ''}`
    if (Object.hasOwn(map, key)) length = index + 1
  }
  return length
}

/** The value at a path; `undefined` where there is none. */
function valueAt(root: unknown, path: FieldPath): unknown {
  let value = root
  for (const segment of path) {
    if ('field' in segment)
      value = isRecord(value) && Object.hasOwn(value, segment.field) ? value[segment.field] : undefined
    else if (!Array.isArray(value)) return undefined
    else value = 'index' in segment ? value[segment.index] : value.find((item) => isNamed(item, segment))
  }
  return value
}

function isNamed(item: unknown, segment: PathSegment): boolean {
  if ('value' in segment) return isSameJson(item, segment.value)
  if (!('key' in segment) || !isRecord(item)) return false
  return Object.entries(segment.key).every(([name, value]) => isSameJson(item[name] ?? keyDefault(name), value))
}
