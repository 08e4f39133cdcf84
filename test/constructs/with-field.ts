import type { KubernetesObject } from '../../src/api/object.ts'
import { parsePath } from '../../src/plan/impact-path.ts'

/** The object with a field set, or taken out. */
export function withField(object: KubernetesObject, field: string, value: unknown): KubernetesObject {
  const copy = structuredClone(object) as unknown as Record<string, unknown>
  const keys = parsePath(field).map((key) => /^\[(\d+)\]$/.exec(key)?.[1] ?? key)
  const last = keys.pop() ?? ''
  const parent = keys.reduce<Record<string, unknown>>((at, key) => (at[key] ??= {}) as Record<string, unknown>, copy)
  if (value === undefined) Reflect.deleteProperty(parent, last)
  else parent[last] = value
  return copy as unknown as KubernetesObject
}
