/** Whether two JSON values are the same; the order of keys does not matter, an absent key and `undefined` are one. */
export function isSameJson(left: unknown, right: unknown): boolean {
  if (left === right) return true
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false
  if (Array.isArray(left) || Array.isArray(right)) {
    if (!Array.isArray(left) || !Array.isArray(right) || left.length !== right.length) return false
    return left.every((item, index) => isSameJson(item, right[index]))
  }
  const [a, b] = [left as Record<string, unknown>, right as Record<string, unknown>]
  // Plans compare thousands of objects: no list of keys is made.
  for (const key in a) if (!isSameJson(a[key], ownValue(b, key))) return false
  for (const key in b) if (b[key] !== undefined && !Object.hasOwn(a, key)) return false
  return true
}

/** What an object itself has under a key: not what every object has (`constructor`). */
function ownValue(object: Record<string, unknown>, key: string): unknown {
  const value = object[key]
  return typeof value !== 'function' && key !== '__proto__' ? value : Object.hasOwn(object, key) ? value : undefined
}
