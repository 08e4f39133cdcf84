import { CEL_KEY } from '../../src/api/rule.ts'

/** The part of an OpenAPI schema that the page shows. */
export interface Schema {
  readonly type?: string
  readonly description?: string
  readonly default?: unknown
  readonly enum?: readonly unknown[]
  readonly format?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly maxItems?: number
  readonly maxProperties?: number
  readonly required?: readonly string[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
  readonly additionalProperties?: Schema
  readonly [CEL_KEY]?: readonly { readonly rule: string; readonly message: string }[]
  readonly [extension: `x-kubernetes-${string}`]: unknown
}

/** One field with its place in the resource. */
export interface Field {
  /** `spec.storage.size`, `spec.dependencies[].address`. */
  readonly path: string
  readonly schema: Schema
  readonly required: boolean
}

/** A field and everything below it. */
export function fieldsOf(path: string, schema: Schema, required: boolean): Field[] {
  const { properties = {}, items, additionalProperties } = schema
  return [
    { path, schema, required },
    ...Object.entries(properties).flatMap(([name, below]) =>
      fieldsOf(`${path}.${name}`, below, schema.required?.includes(name) === true),
    ),
    ...(items === undefined ? [] : fieldsOf(`${path}[]`, items, false)),
    ...(additionalProperties?.properties === undefined ? [] : fieldsOf(`${path}.*`, additionalProperties, false)),
  ]
}

/** The type of a field in a few words. */
export function typeOf(schema: Schema): string {
  if (schema['x-kubernetes-int-or-string'] === true) return 'integer or string'
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${String(value)}\``).join(', ')
  if (schema.type === 'array') return `list of ${typeOf(schema.items ?? {})}`
  if (schema.additionalProperties !== undefined) return `map of ${typeOf(schema.additionalProperties)}`
  return schema.format === 'date-time' ? 'time' : (schema.type ?? 'any')
}

/** The limits that the schema itself sets. */
export function limitsOf({ minimum, maximum, minLength, maxLength, maxItems, maxProperties }: Schema): string[] {
  return [
    ...(minimum === undefined ? [] : [`at least ${minimum}`]),
    ...(maximum === undefined ? [] : [`at most ${maximum}`]),
    ...(minLength === undefined || minLength < 2 ? [] : [`at least ${minLength} characters`]),
    ...(maxLength === undefined ? [] : [`at most ${maxLength} characters`]),
    ...(maxItems === undefined ? [] : [`at most ${maxItems} entries`]),
    ...(maxProperties === undefined ? [] : [`at most ${maxProperties} entries`]),
  ]
}

/** The rules that stand at a field: about its value, then about its change. */
export function rulesOf(schema: Schema): { readonly message: string; readonly onChange: boolean }[] {
  return (schema[CEL_KEY] ?? []).map(({ rule, message }) => ({ message, onChange: rule.includes('oldSelf') }))
}
