import { CEL_KEY } from '../../src/api/rule.ts'

/** A CEL rule as it stands in a schema. */
export interface SchemaRule {
  readonly rule: string
  readonly message: string
}

/** Every CEL rule below a JSON value. */
export function collectRules(value: unknown): SchemaRule[] {
  return collect(value, CEL_KEY).flat() as SchemaRule[]
}

/** Every value that stands under a key anywhere below a JSON value. */
export function collect(value: unknown, key: string): unknown[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, below]) => (name === key ? [below] : collect(below, key)))
}
