import type { Random } from './random.ts'

type Path = readonly (string | number)[]
type Container = Record<string, unknown> | unknown[]

/** Texts of the same amounts, and of nearly the same ones. */
const AMOUNTS = [
  ['1000m', '1', '1.0', '1e0', '2'],
  ['1024Mi', '1Gi', '1073741824', '1Gi ', '2Gi'],
  ['500m', '0.5', '5e-1', '0.50'],
  ['2147483648', '2Gi', '2048Mi', '2147483648000m'],
] as const

const FRESH: readonly unknown[] = ['x', '', 0, 1, true, false, null, {}, [], { a: 'x' }, ['a'], '1', 'TCP', 'UDP']

const SERVER_FIELDS: ReadonlySet<string> = new Set([
  'apiVersion',
  'kind',
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'metadata.resourceVersion',
  'metadata.generation',
  'metadata.creationTimestamp',
  'metadata.managedFields',
  'status',
])

/** Every place in a value that an edit may touch. */
export function placesIn(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return []
  const keys: (string | number)[] = Array.isArray(value) ? [...value.keys()] : Object.keys(value)
  return keys.flatMap((key) => {
    const place = [...path, key]
    if (SERVER_FIELDS.has(place.join('.'))) return []
    const below = placesIn((value as Record<string | number, unknown>)[key], place)
    return place.length === 1 && key === 'metadata' ? below : [place, ...below]
  })
}

/** What stands at a place. */
export function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((at, key) => (at as Record<string | number, unknown> | undefined)?.[key], value)
}

/** Another text of the same amount now and then, else another value. */
function otherValue(value: unknown, random: Random): unknown {
  const amounts = AMOUNTS.find((texts) => (texts as readonly unknown[]).includes(String(value)))
  if (amounts !== undefined && random.chance(0.8)) return random.pick(amounts)
  if (typeof value === 'string' && random.chance(0.6)) return `${value}x`
  if (typeof value === 'number' && random.chance(0.6)) return value + 1
  if (typeof value === 'boolean' && random.chance(0.6)) return !value
  return random.pick(FRESH)
}

/** Changes one place of a copy: sets, removes, adds, or moves the items of a list. */
export function editOf<T>(value: T, random: Random): T {
  const copy = structuredClone(value)
  const places = placesIn(copy)
  if (places.length === 0) return copy
  const place = random.pick(places)
  const parent = valueAt(copy, place.slice(0, -1)) as Container
  const key = place.at(-1) as string | number
  const at = (parent as Record<string | number, unknown>)[key]
  if (Array.isArray(at) && random.chance(0.6)) {
    editList(at, random)
  } else if (isMap(at) && random.chance(0.4)) {
    at[random.pick(['a', 'b', 'c', 'extra', 'value', 'name'])] = random.pick(FRESH)
  } else if (random.chance(0.4)) {
    if (Array.isArray(parent)) parent.splice(Number(key), 1)
    else delete parent[key]
  } else {
    ;(parent as Record<string | number, unknown>)[key] = otherValue(at, random)
  }
  return copy
}

function editList(list: unknown[], random: Random): void {
  const way = random.below(5)
  if (way === 0) list.reverse()
  else if (way === 1 && list.length > 0) list.push(structuredClone(list[0]))
  else if (way === 2) list.pop()
  else if (way === 3 && list.length > 1) list.push(list.shift())
  else list.splice(random.below(list.length + 1), 0, freshItem(list, random))
}

/** An item like the others, under a key of its own. */
function freshItem(list: readonly unknown[], random: Random): unknown {
  const model = list[0]
  if (!isMap(model)) return typeof model === 'number' ? 77 : 'fresh'
  const item = structuredClone(model)
  for (const key of ['name', 'mountPath', 'uid', 'key']) {
    if (typeof item[key] === 'string') item[key] = `${item[key].slice(0, -1)}9`
  }
  for (const key of ['port', 'containerPort']) if (typeof item[key] === 'number') item[key] += 1 + random.below(3)
  return item
}

/** Keys without which an item of a list is none. */
const KEYS: ReadonlySet<string> = new Set(['name', 'port', 'containerPort', 'protocol', 'mountPath', 'uid', 'side'])

/** A part of an object that can be applied by itself: fields are left out, the keys of list items are not. */
export function partOf(value: unknown, random: Random, share: number): unknown {
  if (Array.isArray(value)) {
    return value.filter(() => random.chance(share)).map((item: unknown) => partOf(item, random, share))
  }
  if (!isMap(value)) return value
  const kept = Object.entries(value).filter(([key]) => KEYS.has(key) || random.chance(share))
  return Object.fromEntries(kept.map(([key, field]) => [key, partOf(field, random, share)]))
}

/** Copies something from another object, with all that it stands in where that is missing. */
export function graft<T>(value: T, from: unknown, random: Random): T {
  const places = placesIn(from).filter((place) => valueAt(value, place) === undefined)
  const copy = structuredClone(value)
  if (places.length === 0) return copy
  const place = random.pick(places)
  let at = copy as Record<string | number, unknown>
  for (const [index, key] of place.entries()) {
    const source = valueAt(from, place.slice(0, index + 1))
    if (index === place.length - 1 || at[key] === undefined || at[key] === null) {
      at[key] = structuredClone(source)
      break
    }
    at = at[key] as Record<string | number, unknown>
    if (typeof at !== 'object') break
  }
  return copy
}

/** The same JSON with the keys of every map turned around. */
export function reordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reordered)
  if (!isMap(value)) return value
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([key, field]) => [key, reordered(field)]),
  )
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
