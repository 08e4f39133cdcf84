import { isRecord } from './leaf-value.ts'
import { ITSELF, hasChildren, parseSegment } from './managed-fields.ts'
import type { FieldSet } from './managed-fields.ts'
import { isSameJson } from './json-equality.ts'
import { keyDefault } from './known-values.ts'

/** The set that owns nothing. */
export const NO_FIELDS: FieldSet = {}

/** Everything that one of two sets owns. Neither may be empty at its root: an empty node below the root is a field. */
export function unionOf(left: FieldSet | undefined, right: FieldSet | undefined): FieldSet {
  if (left === undefined || isNothing(left)) return right ?? NO_FIELDS
  if (right === undefined || isNothing(right)) return left
  return unionOfNodes(left, right, false)
}

/** What the first set owns and the second does not. */
export function differenceOf(left: FieldSet | undefined, right: FieldSet | undefined): FieldSet {
  if (left === undefined || isNothing(left)) return NO_FIELDS
  return differenceOfNodes(left, right, true) ?? NO_FIELDS
}

/** How many fields a set owns, structures that are owned beside their fields not counted. */
export function countFields(set: FieldSet): number {
  return Object.entries(set).reduce((count, [segment, child]) => {
    if (segment === ITSELF) return count
    return count + (hasChildren(child) ? countFields(child) : 1)
  }, 0)
}

/**
 * A value without fields that lose their last owner, as server-side apply removes them. A structure goes with
 * everything in it, unless something in it has an owner still.
 * @param kept what still has an owner
 */
export function withoutFields(value: unknown, gone: FieldSet, kept: FieldSet | undefined): unknown {
  if (Array.isArray(value)) return withoutItems(value, gone, kept)
  if (!isRecord(value)) return value
  const left: Record<string, unknown> = { ...value }
  for (const [segment, child] of Object.entries(gone)) {
    if (!segment.startsWith('f:')) continue
    const name = segment.slice(2)
    if (!Object.hasOwn(left, name)) continue
    const stays = kept?.[segment]
    const rest = isMember(child) && stays === undefined ? undefined : withoutFields(left[name], child, stays)
    if (rest === undefined || (isEmptied(rest) && !isEmptied(left[name]) && stays === undefined)) delete left[name]
    else left[name] = rest
  }
  return left
}

function withoutItems(items: readonly unknown[], gone: FieldSet, kept: FieldSet | undefined): unknown[] {
  const segments = Object.entries(gone).filter(([segment]) => segment !== ITSELF)
  return items.flatMap((item) => {
    const found = segments.find(([segment]) => isNamedBy(item, segment))
    if (found === undefined) return [item]
    const [segment, child] = found
    const stays = kept?.[segment]
    return isMember(child) && stays === undefined ? [] : [withoutFields(item, child, stays)]
  })
}

function isNamedBy(item: unknown, segment: string): boolean {
  const parsed = parseSegment(segment)
  if ('value' in parsed) return isSameJson(parsed.value, item)
  if (!('key' in parsed) || !isRecord(item)) return false
  return Object.entries(parsed.key).every(([name, value]) => isSameJson(item[name] ?? keyDefault(name), value))
}

/** Whether a node is owned itself: nothing stands below it, or it says so. */
const isMember = (node: FieldSet): boolean => node[ITSELF] !== undefined || !hasChildren(node)

const isNothing = (root: FieldSet): boolean => Object.keys(root).length === 0

const isEmptied = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.keys(value).length === 0

function unionOfNodes(left: FieldSet, right: FieldSet, isBelowRoot: boolean): FieldSet {
  const children: Record<string, FieldSet> = {}
  for (const segment of new Set([...Object.keys(left), ...Object.keys(right)])) {
    if (segment === ITSELF) continue
    const [a, b] = [left[segment], right[segment]]
    children[segment] = a === undefined || b === undefined ? (a ?? b ?? {}) : unionOfNodes(a, b, true)
  }
  return nodeOf(isBelowRoot && (isMember(left) || isMember(right)), children) ?? {}
}

function differenceOfNodes(left: FieldSet, right: FieldSet | undefined, isRoot: boolean): FieldSet | undefined {
  const children: Record<string, FieldSet> = {}
  for (const [segment, child] of Object.entries(left)) {
    if (segment === ITSELF) continue
    const rest = differenceOfNodes(child, right?.[segment], false)
    if (rest !== undefined) children[segment] = rest
  }
  return nodeOf(!isRoot && isMember(left) && (right === undefined || !isMember(right)), children)
}

function nodeOf(member: boolean, children: Readonly<Record<string, FieldSet>>): FieldSet | undefined {
  if (Object.keys(children).length === 0) return member ? {} : undefined
  return member ? { [ITSELF]: {}, ...children } : children
}
