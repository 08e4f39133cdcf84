import { keyDefault } from './known-values.ts'
import { ITSELF, parseSegment } from './managed-fields.ts'
import type { FieldSet } from './managed-fields.ts'

/** Names of the keys by which the items of a list are owned; none for a set of plain values. */
export type KeyNames = readonly string[]

/** How the items of a list are told apart, from the first owned one; `undefined` where that cannot be told. */
export function keyNames(owned: FieldSet): KeyNames | undefined {
  const first = Object.keys(owned).find((segment) => segment !== ITSELF)
  if (first === undefined) return undefined
  if (first.startsWith('v:')) return []
  if (!first.startsWith('k:')) return undefined
  const parsed = parseSegment(first)
  return 'key' in parsed ? Object.keys(parsed.key) : undefined
}

/**
 * The segments under which managed fields would name the items of a list; `undefined` where an item is not of that kind.
 * A text that the server would write otherwise is found nowhere.
 * @param isTyped whether the server fills in the keys that it has a default for
 */
export function itemSegments(items: readonly unknown[], names: KeyNames, isTyped: boolean): string[] | undefined {
  const segments: string[] = []
  for (const item of items) {
    const segment = names.length === 0 ? valueSegment(item) : keySegment(item, names, isTyped)
    if (segment === undefined) return undefined
    segments.push(segment)
  }
  return segments
}

function valueSegment(item: unknown): string | undefined {
  return typeof item === 'object' ? undefined : `v:${JSON.stringify(item)}`
}

function keySegment(item: unknown, names: KeyNames, isTyped: boolean): string | undefined {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) return undefined
  let text = ''
  for (const name of names) {
    const value = (item as Readonly<Record<string, unknown>>)[name] ?? (isTyped ? keyDefault(name) : undefined)
    if (value === undefined || value === null) continue
    if (typeof value === 'object') return undefined
    text += `${text === '' ? '' : ','}${JSON.stringify(name)}:${JSON.stringify(value)}`
  }
  return `k:{${text}}`
}
