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

/** Keys by which Kubernetes names the items of a list, most telling first. */
const LIST_KEYS = ['name', 'key', 'type', 'containerPort', 'port', 'mountPath', 'topologyKey', 'ip', 'uid'] as const

/** The fields in which two JSON values differ, in the order of their keys. Lists of named items are compared by name. */
export function differences(before: unknown, after: unknown, path = ''): FieldDifference[] {
  if (isSameJson(before, after)) return []
  if (isRecord(before) && isRecord(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].toSorted()
    return keys.flatMap((key) => differences(before[key], after[key], joinKey(path, key)))
  }
  if (Array.isArray(before) && Array.isArray(after)) return listDifferences(before, after, path)
  return [{ path, before, after }]
}

function listDifferences(before: readonly unknown[], after: readonly unknown[], path: string): FieldDifference[] {
  const key = commonKey(before, after)
  if (key === undefined) {
    if (before.length !== after.length) return [{ path, before, after }]
    return before.flatMap((item, index) => differences(item, after[index], `${path}[${index}]`))
  }
  const byKey = (items: readonly unknown[]): Map<unknown, unknown> =>
    new Map(items.map((item) => [(item as Record<string, unknown>)[key], item]))
  const [left, right] = [byKey(before), byKey(after)]
  const found = [...new Set([...left.keys(), ...right.keys()])].flatMap((value) =>
    differences(left.get(value), right.get(value), `${path}[${key}=${String(value)}]`),
  )
  return found.length > 0 ? found : [{ path, before, after }]
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

function joinKey(path: string, key: string): string {
  const segment = /^[A-Za-z_][\w-]*$/.test(key) ? key : `[${JSON.stringify(key)}]`
  if (path === '') return segment
  return segment.startsWith('[') ? `${path}${segment}` : `${path}.${segment}`
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
