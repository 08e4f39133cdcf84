import { isSameJson } from './json-equality.ts'
import { defaultsOf, isStoredQuantity } from './known-values.ts'
import type { KnownDefaults } from './known-values.ts'
import { hasExactNumbers, isRecord } from './leaf-value.ts'
import type { JsonRecord } from './leaf-value.ts'

/** How a value that is owned as a whole compares with the live one. */
export type AtomicComparison =
  /** The same JSON. */
  | 'same'
  /** Written otherwise, but the server would store what it has. */
  | 'equivalent'
  | 'different'

/**
 * Compares a value that is owned as a whole, key by key: the order of keys does not matter, that of lists does.
 * @param field the field that holds it
 * @param isTyped whether the server keeps it as a typed structure, with defaults and canonical quantities
 */
export function compareAtomic(desired: unknown, live: unknown, field: string, isTyped: boolean): AtomicComparison {
  if (isSameJson(desired, live)) return hasExactNumbers(desired) ? 'same' : 'different'
  if (!isTyped || !isEquivalent(desired, live, field, '', defaultsOf(field))) return 'different'
  return hasExactNumbers(desired) ? 'equivalent' : 'different'
}

function isEquivalent(
  desired: unknown,
  live: unknown,
  field: string,
  holder: string,
  defaults: KnownDefaults | undefined,
): boolean {
  if (Array.isArray(desired)) {
    if (!Array.isArray(live) || live.length !== desired.length) return false
    return desired.every((item, index) => isEquivalent(item, live[index], field, holder, defaults))
  }
  if (isRecord(desired)) return isRecord(live) && isEquivalentRecord(desired, live, field, defaults)
  return desired === live || isStoredQuantity(field, holder, desired, live)
}

function isEquivalentRecord(
  desired: JsonRecord,
  live: JsonRecord,
  field: string,
  defaults: KnownDefaults | undefined,
): boolean {
  for (const key of new Set([...Object.keys(desired), ...Object.keys(live)])) {
    const nested = defaults?.[key]
    if (desired[key] === undefined) {
      if (live[key] === undefined) continue
      // `null` is how older servers show that nothing is there.
      if (nested === undefined || !isSameJson(nested, live[key])) return false
      continue
    }
    // Generated manifests carry a timestamp of null; as structure it is the same as none.
    if (key === 'creationTimestamp' && desired[key] === null && live[key] === undefined) continue
    if (!isEquivalent(desired[key], live[key], key, field, isRecord(nested) ? nested : defaultsOf(key))) return false
  }
  return true
}
