/** The value holds something that cdk8s must resolve by itself. */
export const UNRESOLVED: unique symbol = Symbol('unresolved')

/** Whether empty lists and maps are left out, as cdk8s does in metadata. */
export type Empties = 'kept' | 'dropped'

/**
 * What cdk8s makes of a value with its own resolvers: keys sorted, null and undefined left out of maps, the classes for
 * "number or text" turned into maps, everything copied. Values that cdk8s would ask for something (tokens, lazy ones) or
 * refuse are left to it.
 * @returns `UNRESOLVED` where it is such a value, or holds one
 */
export function plainJson(value: unknown, empties: Empties): unknown {
  if (typeof value !== 'object') return typeof value === 'function' ? UNRESOLVED : value
  // cdk8s drops both alike.
  if (value === null) return undefined
  if (Array.isArray(value)) return plainList(value, empties)
  const prototype: unknown = Object.getPrototypeOf(value)
  const members = value as Readonly<Record<string, unknown>>
  if (prototype === Object.prototype) return plainMap(members, empties)
  return plainUnion(members)
}

function plainList(list: readonly unknown[], empties: Empties): unknown {
  if (Object.getPrototypeOf(list) !== Array.prototype || 'resolve' in list || 'value' in list) return UNRESOLVED
  if (empties === 'dropped' && list.length === 0) return undefined
  const plain: unknown[] = []
  for (const item of list) {
    const plainItem = plainJson(item, empties)
    if (plainItem === UNRESOLVED) return UNRESOLVED
    plain.push(plainItem)
  }
  return plain
}

function plainMap(map: Readonly<Record<string, unknown>>, empties: Empties): unknown {
  // A map with a key of that name is taken for a class, or asked to resolve itself.
  if (map['constructor'] !== Object || typeof map['resolve'] === 'function') return UNRESOLVED
  const plain: Record<string, unknown> = {}
  let isEmpty = true
  for (const key of sortedKeys(map)) {
    if (key === '__proto__') return UNRESOLVED
    const value = plainJson(map[key], empties)
    if (value === UNRESOLVED) return UNRESOLVED
    if (value === undefined) continue
    plain[key] = value
    isEmpty = false
  }
  return isEmpty && empties === 'dropped' ? undefined : plain
}

/** By UTF-16 unit, as cdk8s sorts. */
function sortedKeys(map: object): string[] {
  const keys = Object.keys(map)
  let previous = ''
  for (const key of keys) {
    if (key < previous) return keys.sort()
    previous = key
  }
  return keys
}

/** An instance of a class like `IntOrString`: cdk8s goes on with a map of its value. */
function plainUnion(instance: Readonly<Record<string, unknown>>): unknown {
  const { value } = instance
  const isUnion = typeof value === 'string' || typeof value === 'number'
  const isToken = 'produce' in instance || typeof instance['resolve'] === 'function'
  const isClass = typeof instance['constructor'] === 'function' && instance['constructor'] !== Object
  return isUnion && isClass && !isToken ? { value } : UNRESOLVED
}
