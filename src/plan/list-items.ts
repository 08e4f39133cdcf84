import { keyDefault } from './known-values.ts'
import { isRecord } from './leaf-value.ts'
import { ITSELF, parseSegment } from './managed-fields.ts'
import type { FieldSet } from './managed-fields.ts'

/** Names of the keys by which the items of a list are owned; none for a set of plain values. */
export type KeyNames = readonly string[]

const SET: KeyNames = []

/** What was read out of segments already: thousands of objects have the same. Emptied when it has many. */
const known = new Map<string, KeyNames>()
const KNOWN_AT_MOST = 1024

/** How the items of a list are told apart, from the first owned one; `undefined` where that cannot be told. */
export function keyNames(owned: FieldSet): KeyNames | undefined {
  for (const first in owned) {
    if (first === ITSELF) continue
    if (first.startsWith('v:')) return SET
    return first.startsWith('k:') ? namesIn(first) : undefined
  }
  return undefined
}

function namesIn(segment: string): KeyNames | undefined {
  const found = known.get(segment)
  if (found !== undefined) return found
  const parsed = parseSegment(segment)
  if (!('key' in parsed)) return undefined
  const names = Object.keys(parsed.key)
  if (known.size >= KNOWN_AT_MOST) known.clear()
  known.set(segment, names)
  return names
}

/**
 * The segment under which managed fields would name an item; `undefined` where it is not of that kind. A text that the
 * server would write otherwise is found nowhere.
 * @param isTyped whether the server fills in the keys that it has a default for
 */
export function itemSegment(item: unknown, names: KeyNames, isTyped: boolean): string | undefined {
  if (names.length === 0) return typeof item === 'object' ? undefined : `v:${JSON.stringify(item)}`
  if (!isRecord(item)) return undefined
  const [only] = names
  if (names.length === 1 && only !== undefined && typeof item[only] === 'string') return namedSegment(only, item[only])
  let text = ''
  for (const name of names) {
    const value = item[name] ?? (isTyped ? keyDefault(name) : undefined)
    if (value === undefined || value === null) continue
    if (typeof value === 'object') return undefined
    text += `${text === '' ? '' : ','}${JSON.stringify(name)}:${JSON.stringify(value)}`
  }
  return `k:{${text}}`
}

/** Segments of items with one key, by its name and its value: names of containers and variables come again and again. */
const written = new Map<string, Map<string, string>>()
const WRITTEN_AT_MOST = 4096

function namedSegment(name: string, value: string): string {
  const segments = written.get(name) ?? new Map<string, string>()
  const found = segments.get(value)
  if (found !== undefined) return found
  const segment = `k:{${JSON.stringify(name)}:${JSON.stringify(value)}}`
  if (segments.size < WRITTEN_AT_MOST && written.size < WRITTEN_AT_MOST) written.set(name, segments.set(value, segment))
  return segment
}

/** The items of a live list, looked for in the order of the desired one. */
export class LiveItems {
  readonly #items: readonly unknown[]
  readonly #names: KeyNames
  readonly #isTyped: boolean
  #position = 0
  #segments: readonly (string | undefined)[] | undefined

  constructor(items: readonly unknown[], names: KeyNames, isTyped: boolean) {
    this.#items = items
    this.#names = names
    this.#isTyped = isTyped
  }

  /**
   * The item of a desired one, behind the one that was found last.
   * @returns `passed` where it stands before that, so that an apply would move it
   */
  next(desired: unknown, segment: string): { readonly item: unknown } | 'absent' | 'passed' {
    let at = this.#position
    // Mostly it is the very next; then no segment of a live item is ever written.
    if (!isSameItem(desired, this.#items[at], this.#names)) at = this.#all().indexOf(segment, at)
    if (at === -1) return this.#all().includes(segment) ? 'passed' : 'absent'
    this.#position = at + 1
    return { item: this.#items[at] }
  }

  /** Whether an item that was found is there a second time. All of these segments were. */
  hasTwice(found: ReadonlySet<string>): boolean {
    if (this.#items.length === found.size) return false
    return this.#all().filter((segment) => segment !== undefined && found.has(segment)).length > found.size
  }

  #all(): readonly (string | undefined)[] {
    this.#segments ??= this.#items.map((item) => itemSegment(item, this.#names, this.#isTyped))
    return this.#segments
  }
}

/** Whether two items surely have one segment, without writing it. */
function isSameItem(left: unknown, right: unknown, names: KeyNames): boolean {
  if (names.length === 0) return left === right
  if (!isRecord(left) || !isRecord(right)) return false
  for (const name of names) if (left[name] !== right[name]) return false
  return true
}
