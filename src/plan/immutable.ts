import type { KubernetesObject } from '../api/object.ts'
import { isSameQuantity } from '../api/quantity.ts'
import { immutableRuleOf, TWIN_FIELDS } from './immutable-fields.ts'
import { isSameJson } from './json-equality.ts'
import { QUANTITY_MAPS } from './known-values.ts'
import { isRecord } from './leaf-value.ts'
import { fieldSetOf, nodeAt, ownFields } from './managed-fields.ts'

/** One entry of `details.causes` of a refusal. */
export interface RefusalCause {
  readonly reason?: string
  readonly field?: string
}

/** Names on the way to a field: `['spec', 'serviceName']`. */
export type FieldNames = readonly string[]

/** Reasons by which the server refuses a value. Another reason (required, duplicate, not supported) is another mistake. */
const REASONS: ReadonlySet<string> = new Set(['FieldValueForbidden', 'FieldValueInvalid'])

/**
 * The fields whose change makes the server refuse an object with 422, where all of its causes are about fields that may
 * not change; `undefined` where any cause is about something else, which would be refused in a new object too.
 *
 * Decided by the fields of the causes and by what is known of the kind, never by the words of a message. Where a cause
 * names no better field than `spec`, the objects tell which fields in it differ.
 * @param manager whose fields go where the desired object no longer has them
 */
export function immutableChanges(
  causes: readonly RefusalCause[],
  desired: KubernetesObject,
  live: KubernetesObject,
  manager: string,
): readonly FieldNames[] | undefined {
  if (causes.length === 0) return undefined
  const candidates = immutableFieldsIn(desired, live)
  const isChanged = (field: FieldNames): boolean => differs(desired, live, field, manager)
  const found = causes.map(({ reason, field }): readonly FieldNames[] => {
    if (field === undefined || !REASONS.has(reason ?? '')) return []
    const place = namesOf(field)
    const exact = candidates.filter((candidate) => startsWith(place, candidate))
    return exact.length > 0
      ? exact
      : candidates.filter((candidate) => startsWith(candidate, place) && isChanged(candidate))
  })
  if (found.some((fields) => fields.length === 0)) return undefined
  return candidates.filter((candidate) => found.some((fields) => fields.includes(candidate)))
}

/** Every field of two states of an object that may not change; none where nothing is known of the kind. */
export function immutableFieldsIn(desired: KubernetesObject, live: KubernetesObject): readonly FieldNames[] {
  const rule = immutableRuleOf(desired)
  if (rule === undefined) return []
  return 'fields' in rule ? rule.fields : specFieldsBut(rule.but, desired, live)
}

/** The object with fields as another one has them: what is left is what the server can judge. */
export function withFieldsOf(
  object: KubernetesObject,
  other: KubernetesObject,
  fields: readonly FieldNames[],
): KubernetesObject {
  return fields.reduce<KubernetesObject>(
    (result, field) => withValueAt(result, field, valueAt(other, field)) as KubernetesObject,
    object,
  )
}

/** The value of a field; `undefined` where it is not there. */
export function valueAt(object: unknown, field: FieldNames): unknown {
  return field.reduce<unknown>((value, name) => (isRecord(value) ? value[name] : undefined), object)
}

/** By which labels an object chooses others. */
export const selectorOf = (object: KubernetesObject): unknown => valueAt(object, ['spec', 'selector'])

/**
 * A value completed by what the live one has beside it: what the server adds to a claim template is no difference.
 * Maps are completed, and lists of the same length item by item; `labels` and `annotations` stay as they are.
 */
export function completedBy(value: unknown, live: unknown): unknown {
  if (Array.isArray(value) && Array.isArray(live) && value.length === live.length) {
    return value.map((item, index) => completedBy(item, live[index]))
  }
  if (!isRecord(value) || !isRecord(live)) return value
  const completed = Object.entries(value).map(([key, field]) => [
    key,
    WHOLE_MAPS.has(key) ? field : completedBy(field, live[key]),
  ])
  return { ...live, ...Object.fromEntries(completed) }
}

const WHOLE_MAPS: ReadonlySet<string> = new Set(['annotations', 'labels', 'matchLabels', 'selector'])

function specFieldsBut(but: readonly string[], desired: KubernetesObject, live: KubernetesObject): FieldNames[] {
  const names = [desired, live].flatMap((object) => Object.keys((object['spec'] as object | undefined) ?? {}))
  return [...new Set(names)]
    .filter((name) => !but.includes(name))
    .toSorted()
    .map((name) => ['spec', name])
}

/** Whether an apply would change a field: to another value, or away where it was ours. */
function differs(desired: KubernetesObject, live: KubernetesObject, field: FieldNames, manager: string): boolean {
  const wanted = valueAt(desired, field)
  if (wanted !== undefined) return !isHeldBy(wanted, valueAt(live, field), field.at(-1) ?? '')
  const owned = fieldSetOf(ownFields(live, manager))
  const segments = field.map((name) => `f:${name}`)
  return valueAt(live, field) !== undefined && nodeAt(owned, segments) !== undefined
}

/** Whether the live value is the desired one with nothing but additions: defaults, and amounts in other words. */
function isHeldBy(desired: unknown, live: unknown, holder: string): boolean {
  if (Array.isArray(desired)) {
    if (!Array.isArray(live) || live.length !== desired.length) return false
    return desired.every((item, index) => isHeldBy(item, live[index], holder))
  }
  if (!isRecord(desired)) return isSameJson(desired, live)
  if (!isRecord(live)) return Object.keys(desired).length === 0 && live === undefined
  return Object.entries(desired).every(
    ([key, value]) => isHeldBy(value, live[key], key) || (QUANTITY_MAPS.has(holder) && isSameAmount(value, live[key])),
  )
}

function isSameAmount(desired: unknown, live: unknown): boolean {
  const isAmount = (value: unknown): value is string | number => typeof value === 'string' || typeof value === 'number'
  return isAmount(desired) && isAmount(live) && isSameQuantity(desired, live)
}

/** The names in a field path as the server writes it, without positions: `spec.clusterIPs[0]`. */
function namesOf(field: string): string[] {
  const names = [...field.replaceAll(/\[[^\]]*\]/g, '').matchAll(/[^.]+/g)].map(([name]) => name)
  return names.map((name) => TWIN_FIELDS[name] ?? name)
}

function startsWith(path: FieldNames, beginning: FieldNames): boolean {
  return beginning.every((name, index) => path[index] === name)
}

function withValueAt(object: unknown, [name, ...rest]: FieldNames, value: unknown): unknown {
  if (name === undefined) return value
  const { [name]: held, ...others } = isRecord(object) ? object : {}
  const nested = rest.length === 0 ? value : withValueAt(held, rest, value)
  return nested === undefined ? others : { ...others, [name]: nested }
}
